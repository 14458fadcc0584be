// Package recognition is the part of the rules of recognition that more than one service goes by:
// role-classifier decides by it, and an explanation tries out by it what one more act would do.
//
// It knows how the directory's facts place two people in time, how acts add up to scores, and how
// a role stands by its score and by what people say of it. It keeps nothing and states nothing.
package recognition
