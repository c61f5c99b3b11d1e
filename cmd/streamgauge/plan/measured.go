package plan

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

// usage is what a part uses of the table in a second of traffic.
type usage struct {
	Requests float64 `json:"requests"`
	Writes   float64 `json:"write_units"`
	Reads    float64 `json:"read_units"`
	Bytes    float64 `json:"bytes_written"`
}

// profile is one line of units.json: a site's traffic in cells, each with a batch a second, and what it used.
type profile struct {
	Name     string `json:"name"`
	Cells    int    `json:"cells"`
	Events   int    `json:"events"` // a second and cell
	Consumer usage  `json:"consumer"`
	RollUp   usage  `json:"roll_up"`
	LivePage usage  `json:"live_page"`
}

// work is work.json.
type work struct {
	Machine   string `json:"machine"`
	Command   string `json:"command"`
	Consume   []cpu  `json:"consume"`          // of a batch
	Collect   int    `json:"collect_cpu_us"`   // of a request of 20 events
	Authorize int    `json:"authorize_cpu_us"` // of a request
}

type cpu struct {
	Events int     `json:"events"`
	US     float64 `json:"cpu_us"`
}

//go:embed units.json
var unitsJSON []byte

//go:embed work.json
var workJSON []byte

// measured is what has been counted and measured, as curves.
type measured struct {
	deltaWrites, deltaReads, deltaRequests, deltaBytes curve // of a delta, by its events
	rollWrites, rollReads, rollRequests, rollBytes     curve // a second, by the events of a site in a second
	liveReads, liveRequests                            curve // a second, of a page on one cell with a delta a second, by the delta's events
	batchCPU                                           curve // µs, by the events of a batch
	collectCPU, authorizeCPU                           float64
}

func readMeasured() (*measured, error) {
	var profiles []profile
	if err := json.Unmarshal(unitsJSON, &profiles); err != nil {
		return nil, fmt.Errorf("embedded units: %w", err)
	}
	var w work
	if err := json.Unmarshal(workJSON, &w); err != nil {
		return nil, fmt.Errorf("embedded work: %w", err)
	}
	m := &measured{collectCPU: float64(w.Collect), authorizeCPU: float64(w.Authorize)}
	for _, p := range profiles {
		events, cells := float64(p.Events), float64(p.Cells)
		m.deltaWrites.add(events, p.Consumer.Writes/cells)
		m.deltaReads.add(events, p.Consumer.Reads/cells)
		m.deltaRequests.add(events, p.Consumer.Requests/cells)
		m.deltaBytes.add(events, p.Consumer.Bytes/cells)
		m.rollWrites.add(events*cells, p.RollUp.Writes)
		m.rollReads.add(events*cells, p.RollUp.Reads)
		m.rollRequests.add(events*cells, p.RollUp.Requests)
		m.rollBytes.add(events*cells, p.RollUp.Bytes)
		if p.Cells == 1 {
			m.liveReads.add(events, p.LivePage.Reads)
			m.liveRequests.add(events, p.LivePage.Requests)
		}
	}
	for _, c := range w.Consume {
		m.batchCPU.add(float64(c.Events), c.US)
	}
	return m, nil
}

// page is what a live page reads in a second where so many deltas come: of each, and whether any come or not.
func (m *measured) page(events, deltas float64) float64 {
	least := m.liveReads.at(0)
	return least + (m.liveReads.at(events)-least)*deltas
}

// curve is a function through measured points, straight between them and beyond the last as between the last two, but never falling there: more is never
// less, and what is used is not below zero. Before the first it is as at the first: there is always a whole request.
type curve []point

type point struct{ x, y float64 }

func (c *curve) add(x, y float64) {
	*c = append(*c, point{x, y})
	slices.SortFunc(*c, func(a, b point) int {
		if a.x < b.x {
			return -1
		}
		return 1
	})
}

func (c curve) at(x float64) float64 {
	if x <= c[0].x || len(c) == 1 {
		return c[0].y
	}
	i := 1
	for i < len(c)-1 && c[i].x < x {
		i++
	}
	a, b := c[i-1], c[i]
	if x > b.x && b.y < a.y {
		return b.y
	}
	return a.y + (x-a.x)*(b.y-a.y)/(b.x-a.x)
}
