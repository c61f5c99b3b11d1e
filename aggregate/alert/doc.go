// Package alert says when the figures of a site are worth a message: rules of four kinds, what is wrong with one, whether it is broken in a minute, and which
// events follow from that, minute after minute.
//
// The nouns. A rule is a site's; it is broken in a minute or not, by the values of that minute and of some before it. An [Event] begins in a minute in which a rule
// is broken, and ends when it was not for as many minutes as the rule says. [Replay] makes events of values.
//
// What this package is not: it reads nothing, keeps nothing and tells nobody. Package aggregate does, from final values.
package alert
