package query

import (
	"regexp"
	"slices"
	"strings"
)

// goalTable says which goals a hit meets, by the ids of its name and page. Goals are numbered in the order of their names in the rules; goals
// of one name are one.
type goalTable struct {
	hits   *hits
	pages  column
	names  []string
	byName [][]uint32 // the goals that a hit with that id as its name meets
	byPage [][]uint32 // the goals that a pageview with that id as its page meets
}

func newGoalTable(goals []Goal, names []string, h *hits) *goalTable {
	t := &goalTable{hits: h, pages: h.pages(), names: names}
	t.byName, t.byPage = make([][]uint32, len(h.names.words)), make([][]uint32, len(t.pages.words))
	for _, g := range goals {
		id := uint32(slices.Index(names, g.Name))
		if g.Event != "" {
			mark(t.byName, h.names.words, id, func(word string) bool { return word == g.Event })
		} else {
			mark(t.byPage, t.pages.words, id, g.pattern())
		}
	}
	return t
}

func mark(table [][]uint32, words []string, goal uint32, meets func(string) bool) {
	for i, word := range words {
		if meets(word) && !slices.Contains(table[i], goal) {
			table[i] = append(table[i], goal)
		}
	}
}

// of appends the goals that the hit meets, each once.
func (t *goalTable) of(h int, goals []uint32) []uint32 {
	goals = append(goals, t.byName[t.hits.names.ids[h]]...)
	if !t.hits.isPageview(h) {
		return goals
	}
	for _, g := range t.byPage[t.pages.ids[h]] {
		if !slices.Contains(goals, g) {
			goals = append(goals, g)
		}
	}
	return goals
}

// pattern returns what tells whether a path is one of the goal's.
func (g Goal) pattern() func(path string) bool {
	if !hasWildcard(g.Page) {
		return func(path string) bool { return path == g.Page }
	}
	re, err := regexp.Compile(wildcards(g.Page))
	if err != nil {
		return func(string) bool { return false } // not valid UTF-8: Check refuses it
	}
	return re.MatchString
}

// wildcards translates a pattern of paths to a regular expression, whose time is linear in the path whatever the pattern.
func wildcards(pattern string) string {
	pattern = regexp.QuoteMeta(pattern)
	pattern = strings.ReplaceAll(pattern, `\*\*`, `.*`)
	pattern = strings.ReplaceAll(pattern, `\*`, `[^/]*`)
	return `(?s)\A` + pattern + `\z`
}
