package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// VersionCmd prints what this program is made of.
type VersionCmd struct{}

func (VersionCmd) Help() string {
	return "Example:\n\n    streamgauge version"
}

func (VersionCmd) Run(con *console) error {
	_, err := fmt.Fprintf(con.stdout, "streamgauge %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the version of the module as the Go tool recorded it: a tag, a revision, or "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
