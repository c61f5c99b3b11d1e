package dynamo

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// measuredFile is what `streamgauge plan` reckons with.
var measuredFile = filepath.Join("..", "..", "cmd", "streamgauge", "plan", "units.json")

// updateEnv, set to anything, makes TestUnits in the long tier write what it has counted.
const updateEnv = "STREAMGAUGE_UPDATE_GOLDEN"

// measured reads what was counted when the file was written, by profile. It is nil where the file is to be written.
func measured(t *testing.T) map[string]units {
	t.Helper()
	if os.Getenv(updateEnv) != "" {
		return nil
	}
	text, err := os.ReadFile(measuredFile)
	if err != nil {
		t.Fatal(err)
	}
	var list []units
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	byName := map[string]units{}
	for _, u := range list {
		byName[u.Name] = u
	}
	return byName
}

func writeMeasured(t *testing.T, list []units) {
	t.Helper()
	text, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(measuredFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check compares what was counted with what the file says. A live page goes by the real clock, and reads what is there when it looks: of it only the order of
// magnitude can be expected. Where less than a minute went by, its roll-up says nothing of a minute's.
func (u units) check(t *testing.T, want units) {
	t.Helper()
	u.near(t, "consumer", u.Consumer, want.Consumer, 0.05)
	u.near(t, "live page", u.LivePage, want.LivePage, 4)
	if u.Seconds == 60 {
		u.near(t, "roll-up", u.RollUp, want.RollUp, 0.1)
	}
}

// near allows a part of the expected, and a unit a second for what is hardly used at all.
func (u units) near(t *testing.T, part string, got, want usage, off float64) {
	t.Helper()
	// How often a log is new, which costs a read, goes by how long was counted.
	const moreOfReads = 3
	for what, v := range map[string][3]float64{"write units": {got.Writes, want.Writes, off}, "read units": {got.Reads, want.Reads, moreOfReads * off}} {
		if math.Abs(v[0]-v[1]) > max(0.5, v[2]*v[1]) {
			t.Errorf("%s: the %s uses %v %s a second; the plan reckons with %v, from %s: %s=1 STREAMGAUGE_LONG=1 go test -run TestUnits ./store/dynamo writes it anew",
				u.Name, part, v[0], what, v[1], measuredFile, updateEnv)
		}
	}
}
