package querytest

import (
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// Script is a text that was read.
type Script struct {
	File       string
	statements []statement
}

// statement is one of site, load, ask, ledger and clear: the field that is set.
type statement struct {
	line   line
	site   *Site
	load   []event.Event
	ask    *ask
	ledger map[string]uint64
	clear  bool
}

type parser struct {
	site   Site
	last   time.Time // of the last event
	events int
}

// Parse reads a script. Errors name the file and the line.
func Parse(file, text string) (*Script, error) { return parseAt(file, text, 1) }

// parseAt reads a script that begins in some line of its file.
func parseAt(file, text string, first int) (*Script, error) {
	s := &Script{File: file}
	var p parser
	all, err := blocks(text, first)
	if err != nil {
		return nil, inFile(file, err)
	}
	for _, block := range all {
		st, err := p.statement(block)
		if err != nil {
			return nil, inFile(file, err)
		}
		s.statements = append(s.statements, st)
	}
	return s, nil
}

// blocks are lines that begin at the margin, each with the indented ones below it, without blank lines and comments.
func blocks(text string, first int) (all [][]line, err error) {
	for i, l := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(l)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		ln := line{first + i, trimmed}
		indented := l[0] == ' ' || l[0] == '\t'
		switch {
		case !indented:
			all = append(all, []line{ln})
		case len(all) == 0:
			return nil, ln.fault("%q is indented, and there is no statement above", trimmed)
		default:
			all[len(all)-1] = append(all[len(all)-1], ln)
		}
	}
	return all, nil
}

var keywords = []string{"site", "load", "eval", "funnel", "retention", "journey", "ledger", "clear"}

func (p *parser) statement(block []line) (st statement, err error) {
	head := block[0]
	st.line = head
	word, _, _ := strings.Cut(head.text, " ")
	if !slices.Contains(keywords, word) {
		return st, head.fault("%q begins no statement; allowed are %s", word, strings.Join(keywords, ", "))
	}
	switch word {
	case "load":
		if head.text != "load" {
			return st, head.fault("nothing may follow load: the events stand in indented lines below")
		}
		st.load, err = p.load(block[1:])
		return st, err
	case "eval", "funnel", "retention", "journey":
		st.ask, err = p.ask(block)
		return st, err
	}
	c, err := cursorOf(block)
	if err != nil {
		return st, err
	}
	c.skip(word)
	switch word {
	case "site":
		st.site, err = p.siteOf(c)
	case "ledger":
		st.ledger, err = ledgerOf(c)
	case "clear":
		*p = parser{}
		st.clear = true
		if c.more() {
			err = c.words[0].fault("nothing may follow clear")
		}
	}
	return st, err
}

// cursorOf walks along all words of lines.
func cursorOf(lines []line) (*cursor, error) {
	c := &cursor{end: lines[len(lines)-1]}
	for _, l := range lines {
		words, err := l.words(true)
		if err != nil {
			return nil, err
		}
		c.words = append(c.words, words...)
	}
	return c, nil
}

// siteOf reads the choices of a site. What is not named is the default.
func (p *parser) siteOf(c *cursor) (*Site, error) {
	s := Site{Bots: aggregate.DropBots}
	for c.more() {
		what, _ := c.next("a choice")
		w, err := c.next("the value of " + what.text)
		if err != nil {
			return nil, err
		}
		switch what.text {
		case "zone":
			if s.Zone, err = time.LoadLocation(w.text); err != nil {
				return nil, w.fault("%q is no time zone such as America/New_York", w.text)
			}
		case "gap":
			if s.Gap, err = time.ParseDuration(w.text); err != nil {
				return nil, w.fault("%q is no duration such as 20m", w.text)
			}
		case "bounce":
			s.Bounce = query.BounceRule(w.text)
		case "bots":
			s.Bots = aggregate.BotRule(w.text)
		case "goal":
			g, err := goalOf(w.text, c)
			if err != nil {
				return nil, err
			}
			s.Goals = append(s.Goals, g)
		default:
			return nil, what.fault("%q is no choice of a site; allowed are zone, gap, bounce, bots and goal", what.text)
		}
	}
	p.site = s
	return &s, nil
}

func goalOf(name string, c *cursor) (query.Goal, error) {
	g := query.Goal{Name: name}
	kind, err := c.next("event or page")
	if err != nil {
		return g, err
	}
	w, err := c.next("what the goal " + name + " is met by")
	if err != nil {
		return g, err
	}
	switch kind.text {
	case "event":
		g.Event = w.text
	case "page":
		g.Page = w.text
	default:
		err = kind.fault("a goal is met by an event or a page, not by %q", kind.text)
	}
	return g, err
}

var outcomes = []string{"received", "counted", "duplicate", "bot", "late", "quarantined"}

// ledgerOf reads the numbers of a ledger. What is not named is 0.
func ledgerOf(c *cursor) (map[string]uint64, error) {
	numbers := make(map[string]uint64)
	for c.more() {
		w, err := c.next("an outcome")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(outcomes, w.text) {
			return nil, w.fault("%q is no number of a ledger; allowed are %s", w.text, strings.Join(outcomes, ", "))
		}
		n, err := c.number("the number of " + w.text)
		if err != nil {
			return nil, err
		}
		numbers[w.text] = uint64(n)
	}
	return numbers, nil
}
