package main

import "net/http"

// The calls of the door that ask: its books and its audit, which find something where copies were lost. A real server has no way to lose any; whatever else can be asked, the scripts ask one.

func (d *door) ledger(w http.ResponseWriter, _ *http.Request) {
	n := int64(len(d.applied))
	reply(w, http.StatusOK, ledger{Accepted: int64(d.copies), Received: int64(d.copies) + d.lost, Counted: n, Duplicate: int64(d.copies) - n, Balanced: d.lost == 0})
}

func (d *door) audit(w http.ResponseWriter, _ *http.Request) {
	n := int64(len(d.applied))
	a := audit{Copies: int64(d.copies), Events: n, Counted: n, Duplicate: int64(d.copies) - n, Agrees: d.lost == 0, DifferenceCount: d.lost}
	if d.lost > 0 {
		a.Differences = []auditDifference{{Kind: "missing", Shard: "shardId-000000000000", SequenceNumber: "495", ID: "x\x1b[2J", Message: "in no window"}}
	}
	reply(w, http.StatusOK, a)
}
