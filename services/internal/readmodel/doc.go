// Package readmodel holds the documents that one service writes and others read: the tie of two
// people (role-classifier), a person's network (gap-projection) and their inbox (notification).
// They are read models: all of it can be thrown away and rebuilt from the log.
package readmodel
