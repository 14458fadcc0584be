package bench

import "time"

// amounts is how much of everything is measured.
type amounts struct {
	rounds   int           // samples of a rate
	spell    time.Duration // of one round of what takes no fixed amount
	acts     int           // of one round
	deepTies int           // ties with very many acts
	deepest  int           // acts of each
	block    int           // acts a tie whose cost is compared: the first and the last
	paced    time.Duration // at 1,000 acts/s
	queries  int           // of each kind
}

var (
	usual = amounts{rounds: 3, spell: 2 * time.Second, acts: 30_000, deepTies: 50, deepest: 2000, block: 200, paced: 15 * time.Second, queries: 1000}
	quick = amounts{rounds: 1, spell: 100 * time.Millisecond, acts: 1000, deepTies: 3, deepest: 60, block: 20, paced: time.Second, queries: 20}
)
