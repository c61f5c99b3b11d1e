package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/stream"
)

// KinesisVerifyCmd looks for damage.
type KinesisVerifyCmd struct {
	Dir string `arg:"" placeholder:"DIR" help:"The data folder of \"streamgauge kinesis\", or the folder stream in that of \"streamgauge up\"."`
}

func (KinesisVerifyCmd) Help() string {
	return `Reads every record and its checksum, and changes nothing. The exit code is 1 if something is damaged: file, offset, and what would be
lost. What a crash tore at the end of a file was never acknowledged, and is no damage. The folder must not be in use.

Example:

    streamgauge kinesis verify ./streamgauge-kinesis`
}

func (c *KinesisVerifyCmd) Run(con *console) error {
	in, err := stream.Verify(stream.Options{Dir: c.Dir})
	if err != nil {
		return explainInspection(err, c.Dir)
	}
	con.inspection(in)
	if len(in.Damage) > 0 {
		return fmt.Errorf("%s; \"streamgauge kinesis repair %s\" gives up what is lost and keeps all else", damages(in), c.Dir)
	}
	return nil
}

// KinesisRepairCmd cuts damage out.
type KinesisRepairCmd struct {
	Dir string `arg:"" placeholder:"DIR" help:"The data folder of \"streamgauge kinesis\", or the folder stream in that of \"streamgauge up\"."`
	Yes bool   `short:"y" help:"Do not ask before something is given up."`
}

func (KinesisRepairCmd) Help() string {
	return `Says what is damaged and what would be lost, asks, and then writes each damaged file anew without it. All other records stay, with
their sequence numbers, and numbers of lost records are not given again. The folder must not be in use; a copy of it is a good idea.

Example:

    streamgauge kinesis repair ./streamgauge-kinesis
    streamgauge kinesis repair ./streamgauge-kinesis --yes`
}

func (c *KinesisRepairCmd) Run(con *console) error {
	agreed := false
	in, err := stream.Repair(stream.Options{Dir: c.Dir}, func(in stream.Inspection) bool {
		con.inspection(in)
		agreed = c.Yes || con.agrees("Give this up?")
		return agreed
	})
	switch {
	case err != nil:
		return explainInspection(err, c.Dir)
	case len(in.Damage) == 0:
		con.inspection(in)
	case !agreed:
		return errors.New("nothing was changed")
	default:
		fmt.Fprintf(con.stdout, "repaired: %s\n", damages(in))
	}
	return nil
}

// agrees asks a question that only "y" or "yes" answers. The end of the input is no.
func (c *console) agrees(question string) bool {
	fmt.Fprintf(c.stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(c.stdin).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func explainInspection(err error, dir string) error {
	switch {
	case errors.Is(err, stream.ErrLocked):
		return fmt.Errorf("data folder %s: another streamgauge runs on it; stop that one first", dir)
	case errors.Is(err, fs.ErrNotExist) && isDir(filepath.Join(dir, "stream", "streams")):
		return fmt.Errorf("%s is the data folder of \"streamgauge up\"; its stream is in %s", dir, filepath.Join(dir, "stream"))
	}
	return err
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// inspection says what a data folder holds, and what is wrong with it.
func (c *console) inspection(in stream.Inspection) {
	fmt.Fprintf(c.stdout, "%s, %s, %s: %s in %d bytes\n", plural(int64(in.Streams), "stream"), plural(int64(in.Shards), "shard"),
		plural(int64(in.Segments), "segment"), plural(int64(in.Records), "record"), in.Bytes)
	if in.GivenUp > 0 {
		fmt.Fprintf(c.stdout, "earlier repairs gave up %s\n", plural(int64(in.GivenUp), "record"))
	}
	for _, t := range in.Torn {
		fmt.Fprintf(c.stdout, "%s is torn at offset %d: what a crash left was never acknowledged, and the next start cuts it off\n", t.File, t.Offset)
	}
	for _, d := range in.Damage {
		fmt.Fprintf(c.stdout, "%s is damaged at offset %d: %s\n  lost: %s\n", d.File, d.Offset, d.Reason, loss(d))
	}
}

// loss says what a damage costs.
func loss(d stream.Damage) string {
	switch {
	case d.Shard == "":
		return fmt.Sprintf("the settings of stream %s", d.Stream)
	case d.Unknown:
		return fmt.Sprintf("all records of %s of stream %s from number %d on, nobody knows how many%s", d.Shard, d.Stream, d.First, when(d))
	case d.First == d.After:
		return "no record"
	}
	return fmt.Sprintf("%s, from number %d on, of %s of stream %s%s", plural(int64(d.After-d.First), "record"), d.First, d.Shard, d.Stream, when(d))
}

// when tells the time of lost records by their neighbours.
func when(d stream.Damage) string {
	var s strings.Builder
	for _, n := range []struct {
		word string
		ms   int64
	}{{"since", d.Since}, {"until", d.Until}} {
		if n.ms != 0 {
			fmt.Fprintf(&s, ", %s %s", n.word, time.UnixMilli(n.ms).UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	return s.String()
}

// damages sums up.
func damages(in stream.Inspection) string {
	lost, unknown := int64(0), ""
	for _, d := range in.Damage {
		if d.Unknown {
			unknown = " and others that nobody can count"
			continue
		}
		lost += int64(d.After - d.First)
	}
	return fmt.Sprintf("%s, %s lost%s", plural(int64(len(in.Damage)), "damaged place"), plural(lost, "record"), unknown)
}
