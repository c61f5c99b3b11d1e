// Package query is the language in which figures are asked for, and the evaluator that answers from a visitor sample.
//
// The nouns. A hit is a counted event of a visitor. A visit is a run of a visitor's hits without a pause of the site's gap or longer. A
// [Query] asks for metrics over a span, told apart by dimensions, of the hits and visits that a [Filter] lets through. A [Rules] is what a
// site may choose: its gap, its bounce rule, its goals, its time zone. What each metric means stands in docs/METRICS.md.
//
// A question is one of four: a [Query], a [Funnel], a [Retention], a [Journey]. Each has a Check, which tells everything that is wrong at
// once, Needs, which says what columns of the hits it looks at and how far beyond its range, and an Eval. A query that goes on counts alone is also answered
// from [Counts].
//
// What this package is not: it reads no store. Package aggregate finds the windows of a span and merges their samples; this package
// computes. A sample that holds everybody gives exact answers; one that holds a share of the visitors gives estimates, each with its
// standard error.
package query
