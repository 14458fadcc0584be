package bench

// spec is one row of the table: what is measured, in what, and what it is held against.
type spec struct {
	name, unit, help string
	against          string  // the row that it is divided by; "" is none
	least, most      float64 // the aim: of the ratio where there is one, else of the median; 0 is none
}

// specs are all rows, in the order of the table.
var specs = []spec{
	{name: "raw/one-by-one", unit: "msgs/s", help: "JetStream: one publisher that waits for each answer, every answer fsynced"},
	{name: "raw/async", unit: "msgs/s", against: "raw/one-by-one", help: "JetStream: one publisher with 1,000 answers outstanding"},
	{name: "raw/batches", unit: "msgs/s", against: "raw/one-by-one", help: "JetStream: atomic batches of 1,000, one after the other"},
	{name: "raw/consume", unit: "msgs/s", help: "JetStream: an ordered consumer reads the stream, nothing is decoded"},

	{name: "append/1", unit: "facts/s", against: "raw/one-by-one", least: 1, help: "the log's Append, 1 caller, one fact at a time"},
	{name: "append/16", unit: "facts/s", against: "raw/one-by-one", least: 1, help: "16 callers"},
	{name: "append/64", unit: "facts/s", against: "raw/one-by-one", least: 1, help: "64 callers"},
	{name: "append/256", unit: "facts/s", against: "raw/one-by-one", least: 6, help: "256 callers"},
	{name: "append/1024", unit: "facts/s", against: "raw/one-by-one", least: 12, help: "1,024 callers"},

	{name: "path/new-ties", unit: "acts/s", least: 25_000, help: "the whole product: acts in over HTTP, until all of them are in networks and gaps; each act a new tie"},
	{name: "path/twenty", unit: "acts/s", least: 25_000, help: "the same, twenty acts a tie, one round after the other"},
	{name: "path/new-ties-cpu", unit: "µs/act", help: "processor time that path/new-ties takes, of the whole process"},
	{name: "path/twenty-cpu", unit: "µs/act", help: "processor time that path/twenty takes"},
	{name: "path/growth", unit: "times", most: 1.2, help: "path/new-ties-cpu, to that with the fewest people"},
	{name: "deep/first", unit: "µs/act", help: "processor time of the same, the first 200 acts of each of a few ties"},
	{name: "deep/last", unit: "µs/act", against: "deep/first", most: 1.2, help: "the same ties, up to the 2,000th act of each"},
	{name: "visible/p50", unit: "ms", help: "from 201 until a query of the recipient's network has answered with the act, at 1,000 acts/s: half of them"},
	{name: "visible/p99", unit: "ms", most: 20, help: "the same, all but one in a hundred"},
	{name: "query/network-p50", unit: "ms", help: "a person's network over HTTP, nothing else going on"},
	{name: "query/network-p99", unit: "ms", help: "the same"},
	{name: "query/gaps-p50", unit: "ms", help: "what is missing in it"},
	{name: "query/gaps-p99", unit: "ms", help: "the same"},
	{name: "query/explain-p50", unit: "ms", help: "why a tie is what it is"},
	{name: "query/explain-p99", unit: "ms", help: "the same"},

	{name: "intake/ndjson", unit: "acts/s", against: "raw/batches", least: 0.5, help: "intake alone: acts as lines over HTTP, until the last verdict"},
	{name: "catch-up/classifier", unit: "acts/s", help: "role-classifier alone, behind by these acts"},
	{name: "catch-up/projection", unit: "acts/s", help: "gap-projection alone, behind by the same acts and the roles that follow from them"},
	{name: "rebuild/classifier", unit: "facts/s", against: "raw/consume", least: 0.5, help: "role-classifier's documents made anew from the whole log, compared and switched to: kith rebuild"},
	{name: "rebuild/projection", unit: "facts/s", against: "raw/consume", least: 0.5, help: "gap-projection's documents, likewise"},

	{name: "asof/organization", unit: "facts/s", against: "raw/consume", least: 0.5, help: "the whole log folded for an answer as of now, by two services' rules, in memory"},
	{name: "asof/person-p50", unit: "ms", help: "what a person saw as of now, over HTTP: half of them"},
	{name: "asof/person-p99", unit: "ms", most: 50, help: "the same, all but one in a hundred"},

	{name: "heap/person", unit: "bytes", help: "memory in use after a start, a person in the directory: services, NATS server and all"},
	{name: "heap/person-kith", unit: "bytes", most: 1024, help: "of that, what the services hold, as a sampled profile tells"},
	{name: "heap/act", unit: "bytes", help: "memory in use after a start, an act in the log"},
	{name: "heap/act-kith", unit: "bytes", help: "of that, what the services hold: intake knows every id for ever"},
	{name: "disk/person", unit: "bytes", help: "data directory, a person in the directory: log, keys, ids, documents"},
	{name: "disk/act", unit: "bytes", help: "data directory, an act in the log with all that follows from it"},
}
