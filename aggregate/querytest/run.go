package querytest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Run runs a script and returns what is not as it expects, with file and line. Each part that begins anew asks for a fresh engine.
func (s *Script) Run(ctx context.Context, fresh func() (Engine, error)) (problems []error) {
	engine, err := begin(ctx, fresh)
	for _, st := range s.statements {
		if engine == nil {
			break
		}
		if st.clear {
			engine, err = begin(ctx, fresh)
		} else if problem := st.run(ctx, engine); problem != nil {
			problems = append(problems, inFile(s.File, st.blame(problem)))
		}
	}
	if err != nil {
		problems = append(problems, inFile(s.File, err))
	}
	return problems
}

// begin makes an engine that has the site, with the defaults.
func begin(ctx context.Context, fresh func() (Engine, error)) (Engine, error) {
	e, err := fresh()
	if err == nil {
		err = e.SetSite(ctx, Site{Bots: aggregate.DropBots})
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (st statement) run(ctx context.Context, e Engine) error {
	switch {
	case st.site != nil:
		return e.SetSite(ctx, *st.site)
	case st.ask != nil:
		return st.ask.run(ctx, e)
	case st.ledger != nil:
		return checkLedger(ctx, e, st.ledger)
	}
	return e.Load(ctx, st.load)
}

// blame says where a problem is, if it does not say so itself: where the statement begins.
func (st statement) blame(problem error) error {
	var f *fault
	if errors.As(problem, &f) {
		return problem
	}
	return st.line.fault("%v", problem)
}

func checkLedger(ctx context.Context, e Engine, want map[string]uint64) error {
	l, err := e.Ledger(ctx)
	if err != nil {
		return err
	}
	got := map[string]uint64{
		"received": l.Received, "counted": l.Counted, "duplicate": l.Duplicate, "bot": l.Bot, "late": l.Late, "quarantined": l.Quarantined,
	}
	for _, o := range outcomes {
		if got[o] != want[o] {
			return fmt.Errorf("%s is %d, want %d", o, got[o], want[o])
		}
	}
	return nil
}

func (a *ask) run(ctx context.Context, e Engine) error {
	rows, total, err := a.answer(ctx, e)
	if a.wantsError != "" {
		if err == nil || !strings.Contains(err.Error(), a.wantsError) {
			return fmt.Errorf("the error is %q, want one with %q", fmt.Sprint(err), a.wantsError)
		}
		return nil
	}
	if err != nil {
		return err
	}
	for i, w := range a.rows {
		if i < len(rows) && !rows[i].is(w.cells) {
			return w.line.fault("row %d is %s, want %s\nthe answer is\n%s", i+1, rows[i], w.line.text, show(rows))
		}
	}
	if len(rows) != len(a.rows) {
		return fmt.Errorf("%d rows, want %d; the answer is\n%s", len(rows), len(a.rows), show(rows))
	}
	if a.total >= 0 && total != a.total {
		return fmt.Errorf("these are rows of %d, want %d", total, a.total)
	}
	return nil
}

// answerRow is a row of any answer.
type answerRow []cell

func (r answerRow) String() string {
	var b strings.Builder
	for _, c := range r {
		b.WriteString("| " + c.String() + " ")
	}
	return b.String() + "|"
}

func (r answerRow) is(want []string) bool {
	if len(r) != len(want) {
		return false
	}
	for i, c := range r {
		if !c.is(want[i]) {
			return false
		}
	}
	return true
}

func show(rows []answerRow) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("    " + r.String() + "\n")
	}
	return b.String()
}

func (a *ask) answer(ctx context.Context, e Engine) (rows []answerRow, total int, err error) {
	q := a.question()
	answer, err := q.Ask(ctx, e)
	if err != nil {
		return nil, 0, err
	}
	p := q.plain(answer)
	return p.rows, p.total, nil
}

func (a *ask) question() Question {
	switch q := a.query; a.kind {
	case "funnel":
		return Question{Funnel: &query.Funnel{From: q.From, To: q.To, Filter: q.Filter, Steps: a.steps, Within: a.within}}
	case "retention":
		r := &query.Retention{From: q.From, To: q.To, Filter: q.Filter}
		if len(q.Dimensions) > 0 {
			r.Unit = q.Dimensions[0]
		}
		return Question{Retention: r}
	case "journey":
		return Question{Journey: &query.Journey{
			From: q.From, To: q.To, Filter: q.Filter, Page: a.page, Previous: a.previous, Limit: q.Limit, Offset: q.Offset,
		}}
	}
	return Question{Query: &a.query}
}

func rowOf(r query.Row) (row answerRow) {
	for i := range r.Keys {
		row = append(row, cell{key: &r.Keys[i]})
	}
	return append(row, valueCells(r.Values, r.Before)...)
}

func valueCells(values, before []query.Value) (cells answerRow) {
	for i := range values {
		c := cell{value: &values[i]}
		if before != nil {
			c.before = &before[i]
		}
		cells = append(cells, c)
	}
	return cells
}
