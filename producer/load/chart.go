package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The size of a chart, in the units of its viewBox, and what is left for its labels.
const (
	chartWidth, chartHeight    = 720.0, 240.0
	left, right, above, bottom = 64.0, 12.0, 10.0, 28.0
	plotWidth, plotHeight      = chartWidth - left - right, chartHeight - above - bottom
)

// chart is a drawing in SVG, ready for the page.
type chart struct {
	Title, Note string
	Width       float64
	Height      float64
	X, Y        []tick
	Lines       []drawn
	Bars        []bar
	Plot        box
	Summary     string // for those who cannot see it
}

type box struct{ X, Y, W, H float64 }

// tick is a label on an axis.
type tick struct {
	At   float64
	Text string
}

// drawn is a line, named in the legend. Class chooses its colour.
type drawn struct {
	Name, Class, Path, Last string
}

// bar is one of a histogram.
type bar struct {
	box
	Tip string
}

// asked is the line of what a plan asks for, which is drawn unlike what was found.
const asked = "asked"

// series is a line before it is drawn.
type series struct {
	Name string
	Y    []float64
}

func newChart(title, note string) chart {
	return chart{Title: title, Note: note, Width: chartWidth, Height: chartHeight, Plot: box{left, above, plotWidth, plotHeight}}
}

// scale places values on an axis.
type scale struct {
	low, high float64
	log       bool
}

func (s scale) part(v float64) float64 {
	if s.log {
		v = math.Log10(max(v, s.low))
		return (v - math.Log10(s.low)) / (math.Log10(s.high) - math.Log10(s.low))
	}
	return (v - s.low) / (s.high - s.low)
}

func lineChart(title, note string, x []float64, log bool, lines ...series) chart {
	c := newChart(title, note)
	across := scale{low: 0, high: 1}
	if len(x) > 0 {
		across.high = max(1, x[len(x)-1]+x[0])
	}
	up := axisOf(log, lines)
	c.X, c.Y = ticksOf(across, 6, seconds), ticksOf(up, 5, plainNumber)
	for i := range c.X {
		c.X[i].At = left + plotWidth*c.X[i].At
	}
	for i := range c.Y {
		c.Y[i].At = above + plotHeight*(1-c.Y[i].At)
	}
	var told []string
	first := 1
	if len(lines) > 0 && lines[0].Name == asked {
		first = 0 // has a colour of its own
	}
	for i, l := range lines {
		d := drawn{Name: l.Name, Class: "s" + strconv.Itoa(i+first), Path: path(x, l.Y, across, up)}
		if len(l.Y) > 0 {
			d.Last = plainNumber(l.Y[len(l.Y)-1])
			told = append(told, l.Name+" ends at "+d.Last)
		}
		c.Lines = append(c.Lines, d)
	}
	c.Summary = title + ": " + strings.Join(told, ", ")
	return c
}

// axisOf holds all lines: from zero, or where it is logarithmic from the power of ten below the least that is above zero.
func axisOf(log bool, lines []series) scale {
	s := scale{low: 0, high: 0, log: log}
	least := math.Inf(1)
	for _, l := range lines {
		for _, v := range l.Y {
			s.high = max(s.high, v)
			if v > 0 {
				least = min(least, v)
			}
		}
	}
	if log {
		s.low = math.Pow(10, math.Floor(math.Log10(min(max(least, 1e-3), 1))))
		s.high = math.Pow(10, math.Ceil(math.Log10(max(s.high, 10*s.low))))
		return s
	}
	s.high = niceAbove(max(s.high, 1))
	return s
}

// niceAbove is the next of 1, 2, 2.5, 5, 10 times a power of ten.
func niceAbove(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 2.5, 5, 10} {
		if v <= m*p*1.0000001 {
			return m * p
		}
	}
	return 10 * p
}

// path draws a line; where there is nothing on a logarithmic axis it has a gap.
func path(x, y []float64, across, up scale) string {
	var b strings.Builder
	pen := "M"
	for i := range y {
		if up.log && y[i] <= 0 {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, left+plotWidth*across.part(x[i]), above+plotHeight*(1-up.part(y[i])))
		pen = "L"
	}
	return b.String()
}

// ticksOf returns where labels stand, from 0 to 1.
func ticksOf(s scale, n int, text func(float64) string) []tick {
	var all []tick
	if s.log {
		for v := s.low; v <= s.high*1.001; v *= 10 {
			all = append(all, tick{s.part(v), text(v)})
		}
		return all
	}
	step := niceAbove((s.high - s.low) / float64(n))
	for v := s.low; v <= s.high*1.0001; v += step {
		all = append(all, tick{s.part(v), text(v)})
	}
	return all
}

func seconds(v float64) string {
	if v >= 600 {
		return plainNumber(v/60) + " min"
	}
	return plainNumber(v) + " s"
}

func plainNumber(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// barsPerDecade is how finely a histogram is drawn.
const barsPerDecade = 10

// histogramChart draws how many requests took how long, on a logarithmic axis.
func histogramChart(title string, b Buckets) chart {
	c := newChart(title, "requests by milliseconds from when they were due, both logarithmic")
	if len(b) == 0 {
		return c
	}
	place := func(us int64) int {
		return int(math.Floor(math.Log10(max(float64(us), 1)/1e3) * barsPerDecade))
	}
	counts := map[int]int64{}
	first, last, top := math.MaxInt, math.MinInt, int64(1)
	for _, n := range b {
		p := place(n[0])
		counts[p] += n[1]
		first, last, top = min(first, p), max(last, p), max(top, counts[p])
	}
	first -= ((first % barsPerDecade) + barsPerDecade) % barsPerDecade
	last += barsPerDecade - 1 - ((last%barsPerDecade)+barsPerDecade)%barsPerDecade
	up := scale{low: 0.5, high: math.Pow(10, math.Ceil(math.Log10(float64(top)*1.01))), log: true}
	width := plotWidth / float64(last-first+1)
	at := func(p int) float64 { return left + width*float64(p-first) }
	for p := first; p <= last; p++ {
		if p%barsPerDecade == 0 {
			c.X = append(c.X, tick{at(p), plainNumber(edge(p))})
		}
		if n := counts[p]; n > 0 {
			h := plotHeight * up.part(float64(n))
			c.Bars = append(c.Bars, bar{box{at(p) + 0.5, above + plotHeight - h, max(width-1, 1), h}, fmt.Sprintf("%s to %s ms: %s requests", plainNumber(edge(p)), plainNumber(edge(p+1)), grouped(uint64(n)))})
		}
	}
	for v := 1.0; v <= up.high*1.001; v *= 10 {
		c.Y = append(c.Y, tick{above + plotHeight*(1-up.part(v)), plainNumber(v)})
	}
	c.Summary = fmt.Sprintf("%s: half of the requests within %s ms, 99%% within %s ms", title, plainNumber(float64(b.Quantile(0.5))/1e3), plainNumber(float64(b.Quantile(0.99))/1e3))
	return c
}

// edge is the lower bound of a bar, in milliseconds.
func edge(p int) float64 { return math.Pow(10, float64(p)/barsPerDecade) }
