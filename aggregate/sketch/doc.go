// Package sketch holds mergeable summaries of many events. Merging is commutative and associative: cells, windows and
// deltas can be folded in any order and give the same answer. Each states its error and where its formula is from.
//
// [Distinct] counts different things. [Sample] keeps whole visitors, with every hit, as long as there are few enough of them, and a
// fair share of them above that. Both are exact below their size, and say so.
//
// The package imports nothing else of the project. Decoding never panics, whatever the bytes.
package sketch
