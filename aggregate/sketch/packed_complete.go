package sketch

import "slices"

// Complete reports whether the sample holds every hit of every visitor.
func (p *Packed) Complete() bool { return p.threshold == everything && !slices.Contains(p.more, true) }
