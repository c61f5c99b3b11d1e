package consumer

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

// Importer counts events of history in the generation of an import. They go through the same stages as those of the stream, but for what judges when a copy came:
// nothing is late, and nothing expired. It may be called concurrently.
type Importer struct {
	imports   *aggregate.Imports
	committer *aggregate.Committer
	enricher  *enrich.Enricher
	now       func() time.Time
}

// NewImporter returns one that commits to c.
func NewImporter(imports *aggregate.Imports, c *aggregate.Committer, now func() time.Time) *Importer {
	return &Importer{imports: imports, committer: c, enricher: enrich.New(enrich.Options{}), now: now}
}

// Lines are lines that follow one another in a file of an import: events as JSON, or nothing where the file has no event.
type Lines struct {
	File  int   // which of the files, from 0
	First int64 // the number of the first line, from 1
	Data  []byte
}

// Imported says what became of lines.
type Imported struct {
	Counted   uint64    `json:"counted"`
	Duplicate uint64    `json:"duplicate"` // the event is counted already, live or by an import
	Bot       uint64    `json:"bot"`
	Before    uint64    `json:"before"` // the line was imported before, by an attempt that was interrupted
	Bad       []BadLine `json:"bad"`
}

// BadLine is a line that is no event.
type BadLine struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// Add counts lines. What it answers is durable; after an error the same lines may be added again.
func (im *Importer) Add(ctx context.Context, site, id string, lines Lines) (Imported, error) {
	imp, s, err := im.imports.Get(ctx, site, id)
	switch {
	case err != nil:
		return Imported{}, err
	case imp.Done:
		return Imported{}, fmt.Errorf("%w: import %s is finished, and takes no more events", aggregate.ErrImported, id)
	case lines.File < 0 || lines.File >= len(imp.Files):
		return Imported{}, fmt.Errorf("%w: file %d: import %s has %d files, counted from 0", aggregate.ErrBadImport, lines.File, id, len(imp.Files))
	}
	result := Imported{Bad: []BadLine{}}
	kept := newHits()
	defer kept.free()
	var copies []aggregate.Copy
	number := lines.First
	for line := range bytes.SplitSeq(lines.Data, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			at := importedLine{site: s, gen: imp.Gen, line: line, pos: aggregate.Position{
				Stream: "import/" + id, Shard: strconv.Itoa(lines.File), SequenceNumber: strconv.FormatInt(number, 10),
			}}
			cp, reason, err := im.copyOf(ctx, at, kept)
			if err != nil {
				return Imported{}, err
			}
			if reason != "" {
				result.Bad = append(result.Bad, BadLine{number, reason})
			} else {
				copies = append(copies, cp)
			}
		}
		number++
	}
	l, err := im.committer.CommitImported(ctx, s, copies)
	result.Counted, result.Duplicate, result.Bot, result.Before = l.Counted, l.Duplicate, l.Bot, l.Redelivered
	return result, err
}

// importedLine is a line on its way.
type importedLine struct {
	site aggregate.Site
	gen  uint32
	line []byte
	pos  aggregate.Position
}

// copyOf makes the line a copy that is placed, or says what is wrong with it.
func (im *Importer) copyOf(ctx context.Context, l importedLine, kept *hits) (cp aggregate.Copy, bad string, err error) {
	var e event.Event
	if bad = l.decode(&e, im.now().UnixMilli()); bad != "" {
		return cp, bad, nil
	}
	own := e.ID != ""
	if !own {
		e.ID = event.DeriveID(l.pos.Stream, l.pos.Shard, l.pos.SequenceNumber, 0)
	}
	if cp, err = im.committer.PlaceImported(ctx, l.site, l.gen, &e, l.pos, own); err != nil {
		return cp, "", err
	}
	if why := droppedAs(im.enricher, &l.site, &e); why != "" {
		cp.Outcome, cp.Reason = aggregate.Bot, why
		return cp, "", nil
	}
	cp.Hit = kept.next()
	im.enricher.Hit(cp.Hit, &e, cp.At)
	return cp, "", nil
}

// decode reads an event whose own time must say where it belongs. The site may be left out. It returns what is wrong.
func (l *importedLine) decode(e *event.Event, now int64) (bad string) {
	problems, err := e.Decode(l.line)
	if err != nil {
		return "it is no event: " + err.Error()
	}
	var wrong []string
	for _, p := range problems {
		if p.Field != "site" || e.Site != "" {
			wrong = append(wrong, p.Message)
		}
	}
	if len(wrong) > 0 {
		return strings.Join(wrong, "; ")
	}
	if e.Site == "" {
		e.Site = l.site.ID
	}
	if e.Site != l.site.ID {
		return fmt.Sprintf("its site is %.70q, not %q", e.Site, l.site.ID)
	}
	arrived := e.ReceivedAt
	if arrived == 0 || arrived > now {
		e.ReceivedAt = now
	}
	switch at := e.Place(e.ReceivedAt); {
	case at.Time == 0 && arrived == 0:
		return "it has no time: ts (or received_at, or a UUID of version 7 as id) is needed"
	case at.Time > now+event.MaxAheadMS:
		return "its time " + time.UnixMilli(at.Time).UTC().Format(time.RFC3339) + " lies ahead"
	}
	return ""
}
