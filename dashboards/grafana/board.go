package grafana

import (
	"encoding/json"
	"fmt"
)

// board is a dashboard: rows of panels.
type board struct {
	uid, title, about string
	variables         []variable
	rows              []row
}

type row struct {
	title  string
	panels []panel
}

// variable is one that a person chooses, of the values of a label.
type variable struct {
	name, label, query string
	multi              bool
}

var instances = []variable{
	{"job", "Job", "label_values(streamgauge_build_info, job)", true},
	{"instance", "Instance", `label_values(streamgauge_build_info{job=~"$job"}, instance)`, true},
}

type object = map[string]any

// JSON returns the dashboard as Grafana imports it.
func (b board) JSON() []byte {
	out, err := json.MarshalIndent(object{
		"uid": b.uid, "title": b.title, "description": b.about, "tags": []string{"streamgauge"},
		"schemaVersion": 39, "version": 1, "editable": true, "graphTooltip": 1, "refresh": "10s", "timezone": "browser",
		"time":       object{"from": "now-1h", "to": "now"},
		"templating": object{"list": b.templating()},
		"panels":     b.layout(),
	}, "", "  ")
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return append(out, '\n')
}

func (b board) templating() []object {
	list := []object{{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": object{}}}
	for _, v := range b.variables {
		one := object{
			"name": v.name, "label": v.label, "type": "query", "datasource": source, "refresh": 2, "sort": 1,
			"definition": v.query, "query": object{"query": v.query, "refId": "variable-" + v.name}, "multi": v.multi, "includeAll": v.multi,
		}
		if v.multi {
			one["current"] = object{"text": "All", "value": "$__all"}
			one["allValue"] = ".*"
		}
		list = append(list, one)
	}
	return list
}

var source = object{"type": "prometheus", "uid": "${datasource}"}

const (
	gridWidth   = 24
	rowHeight   = 1
	chartHeight = 8
	statHeight  = 4
)

// layout puts each row's panels beside one another.
func (b board) layout() []object {
	var out []object
	id, y := 0, 0
	add := func(o object, x, w, h int) {
		id++
		o["id"], o["gridPos"] = id, object{"x": x, "y": y, "w": w, "h": h}
		out = append(out, o)
	}
	for _, r := range b.rows {
		add(object{"type": "row", "title": r.title, "collapsed": false, "panels": []any{}}, 0, gridWidth, rowHeight)
		y += rowHeight
		height := statHeight
		for _, p := range r.panels {
			if p.kind != "stat" {
				height = chartHeight
			}
		}
		width := gridWidth / len(r.panels)
		for i, p := range r.panels {
			add(p.object(), i*width, width, height)
		}
		y += height
	}
	return out
}

func (p panel) object() object {
	defaults := object{"unit": p.unit, "min": 0}
	if p.kind == "timeseries" {
		custom := object{"lineWidth": 1, "fillOpacity": 10, "showPoints": "never"}
		if p.stacked {
			custom["stacking"] = object{"mode": "normal"}
			custom["fillOpacity"] = 40
		}
		defaults["custom"] = custom
	}
	if p.kind == "stat" {
		steps := []object{{"color": "green", "value": nil}}
		if p.alarm > 0 {
			steps = append(steps, object{"color": "red", "value": p.alarm})
		}
		defaults["thresholds"] = object{"mode": "absolute", "steps": steps}
	}
	var targets []object
	for i, t := range p.targets {
		one := object{"refId": string(rune('A' + i)), "datasource": source, "expr": t.expr, "legendFormat": t.legend, "editorMode": "code"}
		if p.kind == "table" {
			one["format"], one["instant"] = "table", true
		}
		targets = append(targets, one)
	}
	return object{
		"type": p.kind, "title": p.title, "description": p.about, "datasource": source, "targets": targets,
		"fieldConfig": object{"defaults": defaults, "overrides": []any{}}, "options": p.options(),
	}
}

func (p panel) options() object {
	switch p.kind {
	case "stat":
		return object{"reduceOptions": object{"calcs": []string{"lastNotNull"}}, "colorMode": "value", "graphMode": "area"}
	case "timeseries":
		return object{"tooltip": object{"mode": "multi", "sort": "desc"}, "legend": object{"displayMode": "list", "placement": "bottom"}}
	}
	return object{}
}

// Files returns every dashboard by the name of its file.
func Files() map[string][]byte {
	files := make(map[string][]byte)
	for _, b := range []board{site(), pipeline(), fleet()} {
		files[fmt.Sprintf("%s.json", b.uid[len("streamgauge-"):])] = b.JSON()
	}
	return files
}
