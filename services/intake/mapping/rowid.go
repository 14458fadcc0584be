package mapping

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
)

// counter numbers equal rows of one file, so that each has an id of its own wherever it stands:
// a file that was sorted anew or added to is recognized row by row.
type counter map[uint64]int

// id names a fact by what its row says, not by where it stands.
func (c counter) id(f *File, index int, r *rule, rec *record) string {
	columns := r.id
	if len(columns) == 0 {
		columns = f.sorted()
	}
	h := sha256.New()
	write := func(part string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	write(f.Name)
	write(r.name)
	write(strconv.Itoa(f.ordinal(index)))
	for _, column := range columns {
		write(column)
		write(rec.cell(column))
	}
	sum := h.Sum(nil)
	if len(r.id) > 0 {
		return hex.EncodeToString(sum[:16])
	}
	key := binary.BigEndian.Uint64(sum)
	c[key]++
	return hex.EncodeToString(sum[:16]) + "." + strconv.Itoa(c[key])
}

// ordinal tells apart several rules for the same fact, whatever rules stand between them.
func (f *File) ordinal(index int) int {
	n := 0
	for _, r := range f.program.rules[:index] {
		if r.name == f.program.rules[index].name {
			n++
		}
	}
	return n
}

func (f *File) sorted() []string {
	if f.program.columns == nil {
		f.program.columns = slices.Sorted(maps.Keys(f.Columns))
	}
	return f.program.columns
}
