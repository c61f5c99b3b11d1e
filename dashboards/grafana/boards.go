package grafana

import "github.com/streamgauge/streamgauge/dashboards/meters"

func site() board {
	const one = `site=~"$site"`
	outcome := func(name string) string { return rate("outcome", meters.Copies, one, `outcome="`+name+`"`) }
	share := func(name string) target {
		return target{"sum(rate(" + of(meters.Copies, one, `outcome="`+name+`"`) + "[$__rate_interval])) / sum(rate(" +
			of(meters.Copies, one, `outcome!="redelivered"`) + "[$__rate_interval]))", name}
	}
	return board{
		uid: "streamgauge-site", title: "Streamgauge / Site",
		about: "The events of a site: how many, how fresh, and what became of those that were not counted. Visitors and pages are on Streamgauge's own page.",
		variables: append(instances[:len(instances):len(instances)],
			variable{"site", "Site", `label_values(streamgauge_copies_total{job=~"$job",instance=~"$instance"}, site)`, true}),
		rows: []row{
			{"Now", []panel{
				figure("Events counted", perSecond, "Events that entered their windows.", 0, target{"sum(" + outcome("counted") + ")", ""}),
				figure("From click to number, p99", seconds, "From the arrival at the door until the window was committed, of all sites.", 5, target{quantile(0.99, meters.EventDelay), ""}),
				figure("Not counted", percent, "Share of copies that were bots, late, duplicates or quarantined.", 0, target{
					"1 - sum(rate(" + of(meters.Copies, one, `outcome="counted"`) + "[$__rate_interval])) / sum(rate(" +
						of(meters.Copies, one, `outcome!="redelivered"`) + "[$__rate_interval]))", ""}),
			}},
			{"Events", []panel{
				series("Counted, by site", perSecond, "The first 20 sites of each process have a label; the others are \"other\".",
					target{rate("site", meters.Copies, one, `outcome="counted"`), "{{site}}"}),
				stack("All copies, by outcome", "Every copy that leaves the stream ends in exactly one outcome.",
					target{rate("outcome", meters.Copies, one, `outcome!="redelivered"`), "{{outcome}}"}),
			}},
			{"What is not counted", []panel{
				series("Share of", percent, "Of all copies.", share("bot"), share("duplicate"), share("late"), share("quarantined")),
				series("Freshness", seconds, "From the arrival of an event at the door until its window was committed, of all sites.", quantiles(meters.EventDelay)...),
			}},
		},
	}
}

func pipeline() board {
	shard := func(m meters.Meter) target { return target{rate("shard", m), "{{shard}}"} }
	level := func(m meters.Meter, by string) target {
		return target{"max by (" + by + ") (" + of(m) + ")", "{{" + by + "}}"}
	}
	whole := func(m meters.Meter, legend string) target {
		return target{"sum(rate(" + of(m) + "[$__rate_interval]))", legend}
	}
	return board{
		uid: "streamgauge-pipeline", title: "Streamgauge / Pipeline", variables: instances,
		about: "The way of an event: door, stream, consumer, windows, roll-ups. docs/RUNBOOK.md says what to do where something is red.",
		rows: []row{
			{"Is it well", []panel{
				figure("Stalled shard", seconds, "The longest that any shard has not got on.", 120, target{"max(" + of(meters.ShardStalled) + ")", ""}),
				figure("Iterator age", seconds, "The greatest of any shard.", 60, target{"max(" + of(meters.IteratorAge) + ")", ""}),
				figure("Imbalance", short, "It is zero, or there is a bug.", 1, target{"sum(" + of(meters.LedgerImbalance) + ")", ""}),
				figure("In quarantine", short, "Copies that wait to be redriven.", 1, target{"sum(" + of(meters.QuarantineWaiting) + ")", ""}),
				figure("Roll-up lag", seconds, "10 to 71 seconds are usual.", 300, target{"max(" + of(meters.RollupLag) + ")", ""}),
				figure("From door to window, p99", seconds, "Of the events of the last minutes.", 5, target{quantile(0.99, meters.EventDelay), ""}),
			}},
			{"Door", []panel{
				stack("Events", "By what became of them.", target{rate("status", meters.DoorEvents), "{{status}}"}),
				series("Acknowledgement", seconds, "From a request to its answer that the events are durable.", quantiles(meters.DoorAck)...),
				stack("Faults in events", "By code.", target{rate("code", meters.DoorInvalid), "{{code}}"}),
			}},
			{"Stream", []panel{
				series("Records", perSecond, "Delivered and done.", shard(meters.ShardRecords)),
				series("Bytes", byteRate, "Of delivered batches.", shard(meters.ShardBytes)),
				series("Iterator age", seconds, "How old the newest record in hand is.", level(meters.IteratorAge, "shard")),
				series("Stalled", seconds, "How long a shard has not got on though there is something to do.", level(meters.ShardStalled, "shard")),
			}},
			{"Consumer", []panel{
				series("Batch duration", seconds, "Of all shards.", quantiles(meters.BatchDuration)...),
				series("Batches that were not done", perSecond, "By why; they come again.", target{rate("kind", meters.BatchFailures), "{{kind}}"}),
				series("Retries, halves, given up", perSecond, "Of batches, and of records.", whole(meters.BatchRetries, "retries"), whole(meters.BatchBisects, "bisections"),
					whole(meters.Discarded, "records given up"), whole(meters.ReadFailures, "reads failed")),
				stack("Outcomes", "Of copies that left the stream.", target{rate("outcome", meters.Copies), "{{outcome}}"}),
			}},
			{"Windows and books", []panel{
				series("From door to window", seconds, "The way of an event.", quantiles(meters.EventDelay)...),
				table("The books", "Of all sites and all times.", target{"max by (outcome) (" + of(meters.Ledger) + ")", "{{outcome}}"}),
				series("In quarantine", short, "Copies that wait.", target{"sum by (instance) (" + of(meters.QuarantineWaiting) + ")", "{{instance}}"}),
			}},
			{"Roll-ups and store", []panel{
				series("Roll-up lag", seconds, "How long ago the last minute closed that is rolled up.", target{"max by (instance) (" + of(meters.RollupLag) + ")", "{{instance}}"},
					target{"time() - max by (instance) (" + of(meters.RollupLastPass) + ")", "{{instance}}, since the last round"}),
				series("Marks", short, "Changes that wait to be taken in.", level(meters.RollupMarks, "level")),
				series("Rounds", perSecond, "Of the roll-up.", whole(meters.RollupPasses, "all"), whole(meters.RollupFailures, "failed")),
				series("Messages", perSecond, "Final values and events of alerts, by how their delivery ended.", target{rate("outcome", meters.Messages), "{{outcome}}"}),
				series("Store calls", perSecond, "Of this process.", whole(meters.StoreWrites, "writes"), whole(meters.StoreReads, "reads"), whole(meters.StoreFailures, "not answered")),
				series("Store bytes", byteRate, "Without keys.", whole(meters.StoreWrittenBytes, "written"), whole(meters.StoreReadBytes, "read")),
			}},
			{"Producer", []panel{
				series("Records", perSecond, "What the door's producer did.", whole(producer("records_total"), "acknowledged"), whole(producer("records_retried_total"), "sent again"),
					whole(producer("records_throttled_total"), "throttled")),
				series("Pending", short, "Events that were taken and have no result yet.", target{"sum by (instance) (" + of(producer("events_pending")) + ")", "{{instance}}"}),
				series("Calls", short, "PutRecords calls that wait, and how many may.", target{"sum(" + of(producer("requests_in_flight")) + ")", "in flight"},
					target{"sum(" + of(producer("requests_limit")) + ")", "limit"}),
			}},
		},
	}
}

func fleet() board {
	per := func(m meters.Meter) target { return target{rate("instance", m), "{{instance}}"} }
	worst := func(m meters.Meter) target { return target{"max by (instance) (" + of(m) + ")", "{{instance}}"} }
	return board{
		uid: "streamgauge-fleet", title: "Streamgauge / Fleet", variables: instances,
		about: "All processes beside one another: which one is behind, busy, or another version.",
		rows: []row{
			{"All", []panel{
				figure("Processes", short, "That are scraped.", 0, target{"count(" + of(meters.Build) + ")", ""}),
				figure("Events accepted", perSecond, "At all doors.", 0, target{"sum(rate(" + of(meters.DoorEvents, `status="accepted"`) + "[$__rate_interval]))", ""}),
				figure("Greatest iterator age", seconds, "Of any shard.", 60, target{"max(" + of(meters.IteratorAge) + ")", ""}),
				figure("Readers", short, "Connections that live figures are pushed to.", 0, target{"sum(" + of(meters.Clients) + ")", ""}),
			}},
			{"Traffic", []panel{
				stack("Accepted", "By process.", target{rate("instance", meters.DoorEvents, `status="accepted"`), "{{instance}}"}),
				series("To be sent again", perSecond, "Events that the door could not write.", target{rate("instance", meters.DoorEvents, `status="retry"`), "{{instance}}"}),
				series("Iterator age", seconds, "The greatest of each process' shards.", worst(meters.IteratorAge)),
			}},
			{"Work", []panel{
				series("CPU", percent, "Of one core.", per(foreign("process_cpu_seconds_total"))),
				series("Memory", bytes, "Resident.", worst(foreign("process_resident_memory_bytes"))),
				series("Goroutines", short, "", worst(foreign("go_goroutines"))),
				series("Open files", short, "", worst(foreign("process_open_fds"))),
			}},
			{"What runs", []panel{
				table("Versions", "", target{"count by (version, instance) (" + of(meters.Build) + ")", ""}),
				series("Readers", short, "By feed.", target{"sum by (feed) (" + of(meters.Clients) + ")", "{{feed}}"}),
			}},
		},
	}
}

func producer(name string) meters.Meter {
	m, known := meters.Find("streamgauge_producer_" + name)
	if !known {
		panic("no meter of the producer is called " + name)
	}
	return m
}
