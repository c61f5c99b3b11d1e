package stats

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// tagBytes tell apart the answers to one question.
const tagBytes = 8

// tag names what is shown: rows, and what of meta says how they are to be read. When it was asked, and what was counted since that changed no row, do
// not show.
func (m *Meta) tag(rows any) string {
	b, err := json.Marshal([]any{rows, m.Exact, m.IncompleteWindows > 0, m.Unreadable, m.WithoutSamples, m.VisitGap, m.Bounce, m.TimeLabels, m.TotalRows})
	if err != nil { // no tag is the tag of nothing
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:tagBytes])
}

// Tag is the same for answers to the same question that show the same.
func (a *Answer) Tag() string { return a.Meta.tag(a.Results) }

// Tag is the same for answers to the same question that show the same.
func (a FunnelAnswer) Tag() string { return a.Meta.tag(a.Steps) }

// Tag is the same for answers to the same question that show the same.
func (a JourneyAnswer) Tag() string { return a.Meta.tag(a.Results) }

// Tag is the same for answers to the same question that show the same.
func (a RetentionAnswer) Tag() string { return a.Meta.tag(a.Cohorts) }

// Tag is the same for answers to the same question that show the same.
func (a PropertiesAnswer) Tag() string { return a.Meta.tag(a.Results) }
