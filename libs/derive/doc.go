// Package derive is the engine of a service that derives facts from facts: role-classifier,
// gap-projection and notification are its Rules and nothing else.
//
// Of a service's replicas one works: the server's pinned consumer picks it, and its fence in the
// log shuts out the one before. It folds inputs in log order in batches; a batch's derived facts
// are appended, then its documents and the position are committed as one, then its timers are
// set, then it is acknowledged. A crash between any two of these steps is made good by the next
// writer: what was appended but not committed is folded again without being appended.
//
// # Making documents anew
//
// Documents can be made anew at any time, beside those that are read: by order (Engine.Start), and by a
// writer that finds documents of another layout or another log. A making folds the log into a generation
// of its own and appends nothing; what the rules derive is held against what the log says was stated. Near
// the log's end the writer stops for a moment, the last facts are folded, the generations are compared, and
// one commit, which a writer before could not pass, makes the new one live. Readers go over to it; the one
// before is dropped ten minutes later. Where the rules do not say what the log does, their documents are left
// saying what was stated, and a Due about "rebuild" has the rules state the difference.
//
// One fold is not split by person. It would not be sound: a tie rests on the timelines of two people, a
// network on the load and the leaving of others, and the ids of facts on how many follow from one input.
//
// # Verifying
//
// A Verification folds the log as it stands, by the same rules, into documents that nobody else has, and
// holds every fact that the service has said, and every document that is read, against what follows. The
// services are verified side by side over one reading of the log. One service is not split by person, for
// the reasons above; its documents are compared one by one.
//
// # Evolution
//
// A change walks one of these ways:
//
//   - Other numbers, weights or conditions: a ruleset, appended as RulesetActivated. Nothing is deployed;
//     what differs is stated when the services come to it, and a replay agrees.
//   - A fact that says something else: an additive field keeps its name; anything else is a new name, and an
//     upcaster in package events that lifts the old one, with a golden file of each. Old facts stay in the log
//     as they are, and nobody but the upcaster knows them.
//   - Documents of another form: raise the service's layout. The types that queries read have to understand the
//     form before until every replica has been replaced: it answers while documents in the new form are made.
//   - Rules that would say something else of the same log: raise the version of the rules' code, deploy, and
//     have everything made anew (kith rebuild, which shows what differs; --yes switches).
package derive
