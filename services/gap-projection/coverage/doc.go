// Package coverage counts an organization so that nobody in it can be found out: the program's view.
// It is pure: people and a floor go in, a week's cells come out.
//
// The rules, and why nothing can be subtracted from anything:
//
//  1. Every number is the share of people of whom a yes-or-no question is answered with yes. So
//     one person moves one number by one, and never more.
//  2. People are counted in crowds. A crowd has at least twice a step less one people (eleven, for
//     a floor of five), and whoever is counted is counted in one crowd only: half of all people stand in
//     crowds of a department, a quarter in crowds of a level, a quarter in crowds of a tenure (a Plan; who
//     stands where follows from the pseudonym). Crowds overlap in nobody, so no two can be subtracted.
//  3. Of a crowd is told between which two numbers its count lies: a Span of at least a step of
//     numbers (six: the floor, and one for the reader who knows their own answer). The lowest span
//     contains 0 and the highest contains everybody, so none and all are never told either.
//  4. Of everybody is told a span too, laid over what the crowds' spans leave open: it takes no
//     number away from any of them.
//  5. Every cell, whatever it is by, is computed from these spans and from what the directory tells
//     anyway. What follows from a safe thing is as safe: no filter and no sum of cells tells more.
//  6. From week to week a crowd changes by exactly a step of people who come, or a step who go, or not
//     at all. Whoever comes waits until a step of them does; whoever goes is counted as they last
//     were until then. What one of them is never shows: of any six, at least five counts stay possible.
//  7. Who takes no part is not counted from the next measurement on, and their answers are
//     forgotten. Their crowd repeats what it last told until a step of people have gone from it: a
//     new number without them would tell theirs.
//  8. A crowd that has become too small is silent until others come. All of this follows from the directory
//     and from the floor, never from an answer: that a cell is hidden tells nothing about anybody.
//  9. Steps are 6, 12, 24, ...: each span of a larger step is made of whole spans of a smaller one,
//     so that a higher floor hides more and shows nothing new.
//
// Of the groups that people identify with, which are theirs to tell, and which others may know all the same:
//
//  10. They have crowds of their own, with a floor of ten at least: of twenty-three people and more, in steps of twelve.
//     One half of those who identify with a group may be counted by it (who follows from the pseudonym), and whoever is,
//     is counted in no other crowd. The other half stays where it is counted.
//  11. A group has one crowd. So who is in which follows from what people identify with, and has to be kept nowhere.
//  12. Of two groups at least something is told, or of none, and nothing says which others there are.
//  13. Whether supporters are of the same group as those they support is told of all together who are counted by
//     group, since it is a statement about two; groups of supporters are known of both halves, once they stand in a crowd.
//  14. Who withdraws, takes no part any more, or identifies with another group, is gone from the next measurement, and
//     takes as many others with them as make up a step: who have left first of all. These are counted by group no
//     more. If they came back, only the one would be missing in the end, and the two weeks could be subtracted.
//
// Of times before the first week that was published, its crowds are asked once more:
//
//  15. The same people are counted, where they stood in that week, by what was known when it was published. Who had
//     not come yet keeps the answer of that week, which makes a cell vaguer by one. A crowd with somebody who takes no part
//     any more is silent. So all times and the week itself speak of the same people, and nothing known since changes a number.
//
// What this does not hide: who knows that a certain person has just withdrawn, and that nobody else did, sees which
// group has become smaller. Nothing but that person's own facts says that they have. And who knows that of a whole crowd
// nobody's answer but one has changed sees which side of a span's border that one has come to.
//
// The proof of 3, 4 and 6 is a chain of remainders: within the spans that are told, any count can be
// moved by up to five without leaving them, while all the others stay where they are. The tests
// attack it with a solver of their own, over two weeks.
package coverage
