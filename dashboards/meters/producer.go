package meters

// Producer returns the meters of the producer, which package producer/metrics shows: it is a library of its own, whose users need not link this one. A
// test compares the two.
func Producer() []Meter {
	counter := func(name, unit, help string) Meter {
		return Meter{Name: "streamgauge_producer_" + name, Kind: Counter, Unit: unit, Help: help, Labels: []string{"stream"}, Place: Everywhere}
	}
	gauge := func(name, unit, help string) Meter {
		m := counter(name, unit, help)
		m.Kind = Gauge
		return m
	}
	requests := counter("request_duration_seconds", "seconds", "PutRecords calls that have ended, and the time they took.")
	requests.Kind = Summary
	return []Meter{
		counter("events_total", "events", "Events that the stream acknowledged."),
		counter("events_failed_total", "events", "Events that were taken and not delivered."),
		counter("events_replayed_total", "events", "Events that the spool had kept from an earlier run."),
		counter("records_total", "records", "Records that the stream acknowledged."),
		counter("record_bytes_total", "bytes", "Bytes of the records that the stream acknowledged, with their keys."),
		counter("records_retried_total", "records", "Records that were sent again."),
		counter("records_throttled_total", "records", "Records refused because the throughput of the stream was exceeded."),
		counter("shard_lookups_total", "calls", "Times that the shards of the stream were asked for."),
		counter("spool_errors_total", "calls", "Times that the spool could not note a result."),
		gauge("events_pending", "events", "Events that were taken and have no result yet."),
		gauge("buffered_bytes", "bytes", "Bytes of the buffer that pending events take."),
		gauge("requests_in_flight", "calls", "PutRecords calls that wait for their answer."),
		gauge("requests_limit", "calls", "PutRecords calls that may wait for their answer now."),
		gauge("shards", "shards", "Open shards, as far as they are known."),
		gauge("spool_bytes", "bytes", "Bytes of the files of the spool."),
		requests,
	}
}
