package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it was tried, and did not succeed
	exitUsage  = 2 // the command line is wrong
)

// commands is the command line: one field is one command.
type commands struct {
	Up         UpCmd         `cmd:"" help:"Run everything on this machine: collector, stream, consumer, store and page."`
	Kinesis    KinesisCmd    `cmd:"" help:"The embedded Kinesis alone: serve it, verify and repair its data folder."`
	Replay     ReplayCmd     `cmd:"" help:"Send the lines of access logs as events."`
	Load       LoadCmd       `cmd:"" help:"Send made-up traffic at a rate, and prove that every event is counted."`
	Query      QueryCmd      `cmd:"" help:"Ask for the figures of a site."`
	Properties PropertiesCmd `cmd:"" help:"List the properties that events of a site have."`
	Import     ImportCmd     `cmd:"" help:"Bring history into a site's figures, and take it out again."`
	Rebuild    RebuildCmd    `cmd:"" help:"Make the figures of a site anew from the stream, by the rules of now."`
	Ledger     LedgerCmd     `cmd:"" help:"Show the books of a site: what became of every event."`
	Audit      AuditCmd      `cmd:"" help:"Read the stream again and look every event up."`
	DLQ        DLQCmd        `cmd:"" name:"dlq" help:"Look at the records in quarantine, and bring them back."`
	Invoke     InvokeCmd     `cmd:"" help:"Invoke one of the Lambda functions once, on this machine."`
	Alerts     AlertsCmd     `cmd:"" help:"See what the alerts of a site have found, and try its webhooks."`
	Plan       PlanCmd       `cmd:"" help:"Say what traffic needs on AWS, and what it costs a month."`
	Site       SiteCmd       `cmd:"" help:"Add, list and remove sites."`
	Tile       TileCmd       `cmd:"" help:"Addresses and keys of tiles, for pages of your own."`
	Token      TokenCmd      `cmd:"" help:"Replace the access token or the signing key of a server."`
	Version    VersionCmd    `cmd:"" help:"Print the version."`
}

// insisting is after how long a second signal is meant as one.
const insisting = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Some time after the first signal the default is back, so that a second one ends a command that still drains. Not at once: timeout(1), for one, sends its signal to the
	// process and to its group.
	context.AfterFunc(ctx, func() { time.AfterFunc(insisting, stop) })
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program, but for its signals: it parses the arguments, runs the command until ctx ends, and returns the
// exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	con := newConsole(stdin, stdout, stderr)
	command, helped, err := parse(args, stdout, stderr)
	if helped {
		return exitOK
	}
	if err == nil {
		command.BindTo(ctx, (*context.Context)(nil))
		err = command.Run(con)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "streamgauge: interrupted")
	default:
		fmt.Fprintln(stderr, "streamgauge:", oneLine(err))
	}
	return exitCode(err)
}

// parse reads the command line. helped says that help was asked for, and printed.
func parse(args []string, stdout, stderr io.Writer) (command *kong.Context, helped bool, err error) {
	parser, err := kong.New(&commands{},
		kong.Name("streamgauge"),
		kong.Description("Real-time clickstream analytics on Kinesis, where every click is counted exactly once."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // kong exits for --help alone, and goes on when this returns
		kong.WithHyphenPrefixedParameters(true),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)
	if err != nil {
		return nil, false, err
	}
	if len(args) == 0 {
		return nil, false, noCommand(parser, stderr)
	}
	command, err = parser.Parse(args)
	if err != nil {
		err = usageError{help: "streamgauge " + commandOf(err) + "--help", err: err}
	}
	return command, helped, err
}

// noCommand prints what there is to choose from, where nothing was chosen.
func noCommand(parser *kong.Kong, stderr io.Writer) error {
	parser.Stdout = stderr
	_, _ = parser.Parse([]string{"--help"}) // goes on behind the help, and misses the command
	return usageError{help: "streamgauge --help", err: errors.New("a command is missing")}
}

// commandOf is the command that the arguments had chosen before they went wrong, with a space behind it, or "".
func commandOf(err error) string {
	var parseError *kong.ParseError
	if !errors.As(err, &parseError) {
		return ""
	}
	var names strings.Builder
	var last *kong.Node
	for _, p := range parseError.Context.Path {
		if p.Command != nil {
			last = p.Command
			names.WriteString(last.Name + " ")
		}
	}
	if last != nil && last.DefaultCmd != nil { // whose name may be left out: the flags are its
		names.WriteString(last.DefaultCmd.Name + " ")
	}
	return names.String()
}

// usageError is a command line that cannot be run.
type usageError struct {
	help string // the command that says what can be
	err  error
}

func (e usageError) Error() string { return fmt.Sprintf("%v (see %s)", e.err, e.help) }
func (e usageError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// oneLine joins the lines of an error that has several.
func oneLine(err error) string { return strings.Join(strings.Split(err.Error(), "\n"), "; ") }
