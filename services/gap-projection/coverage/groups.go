package coverage

// GroupFloor is the floor where people are told apart by groups that they identify with: protected
// attributes (domain.md section 5).
const GroupFloor = 10

// AtLeastTwo hides, metric by metric, what would be told of one value of a dimension alone. Of
// groups that people identify with that would be a statement about the others.
func AtLeastTwo(cells []Cell, by Dimension) {
	for i, c := range cells {
		if c.By != by || c.Suppressed || others(cells, c) > 0 {
			continue
		}
		cells[i] = Cell{By: c.By, Cell: c.Cell, Metric: c.Metric, Suppressed: true}
	}
}

// others is how many other values of a cell's dimension its metric is told of.
func others(cells []Cell, c Cell) (told int) {
	for _, o := range cells {
		if o.By == c.By && o.Metric == c.Metric && o.Cell != c.Cell && !o.Suppressed {
			told++
		}
	}
	return told
}
