// Package sketch holds mergeable summaries of many events. Merging is commutative and associative: cells, windows and
// deltas can be folded in any order and give the same answer. Each states its error and where its formula is from.
//
// The nouns. A [Hit] is a counted event. A [Sample] keeps whole visitors, with every hit, as long as there are few enough of them, and a
// fair share of them above that; a [Builder] makes one from the hits of a delta. What a sample cannot keep is poured into a [Rest], which counts it: [TopK] by
// key, [Quantiles] of web vitals, [HLL] of visitors. So each hit is in exactly one of the two. [Packed] is an encoded sample: [Project] merges some for a
// query, and reads no more than that looks at; [Merge] merges some for a roll-up. [Distinct] counts different things.
//
// What it is not: it knows no visits, no metrics and no time zones; package query has them.
//
// The package imports nothing else of the project. Decoding never panics, whatever the bytes, and takes no more memory than a multiple of them.
package sketch
