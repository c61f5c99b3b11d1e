// Package meters is the one table of what Streamgauge measures: names, kinds, helps, units and labels. The exporter for Prometheus, the embedded metrics of the
// Lambda functions, the dashboards of Grafana and CloudWatch, the alarms and docs/METRICS-OPS.md are all made from it, so that a name is written once.
//
// It is data and links nothing. The nouns: a meter is one family of Prometheus; a series is a metric of CloudWatch, which is what a function writes of a meter.
//
// Names are stable: streamgauge_…_total for what only grows, …_seconds and …_bytes for base units. Labels are bounded, each as Bounds says. None is ever a page, a
// visitor, an address or an id.
package meters
