package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/alert"
)

// ofAlerts reports whether something about alerts is to be changed.
func (c *SiteSetCmd) ofAlerts() bool {
	return len(c.Alert) > 0 || c.Alerts != "" || c.ClearAlerts || len(c.Webhook) > 0 || c.ClearWebhooks
}

func (c *SiteSetCmd) exclusive() error {
	ways := 0
	for _, used := range []bool{len(c.Alert) > 0, c.Alerts != "", c.ClearAlerts} {
		if used {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("--alert, --alerts and --clear-alerts exclude each other")
	case c.ClearWebhooks && len(c.Webhook) > 0:
		return errors.New("--webhook and --clear-webhooks exclude each other")
	}
	return nil
}

// alerts adds what is said of alerts to the change. What is wrong with a rule the server says.
func (c *SiteSetCmd) alerts(change *siteChange) error {
	switch {
	case c.ClearAlerts:
		change.Alerts = []any{}
	case c.Alerts != "":
		b, err := os.ReadFile(c.Alerts)
		if err != nil {
			return fmt.Errorf("--alerts: %w", err)
		}
		var rules []json.RawMessage
		if err := json.Unmarshal(b, &rules); err != nil {
			return fmt.Errorf("--alerts %s: it is no JSON array: %w", c.Alerts, err)
		}
		change.Alerts = rules
	case len(c.Alert) > 0:
		rules := make([]map[string]any, len(c.Alert))
		for i, text := range c.Alert {
			var err error
			if rules[i], err = parseRule(text); err != nil {
				return usageError{help: "streamgauge site set --help", err: fmt.Errorf("--alert: %w", err)}
			}
		}
		change.Alerts = rules
	}
	if c.ClearWebhooks || len(c.Webhook) > 0 {
		hooks := append([]string{}, c.Webhook...)
		change.Webhooks = &hooks
	}
	return nil
}

// alertKinds are the kinds of rules; what else a rule may hold the server knows.
var alertKinds = []string{string(alert.Threshold), string(alert.Change), string(alert.Silence), string(alert.Errors)}

// parseRule reads KIND,FIELD=VALUE,… Of a list, as that of count, the values are joined by a plus sign.
func parseRule(text string) (map[string]any, error) {
	kind, rest, _ := strings.Cut(text, ",")
	if !slices.Contains(alertKinds, kind) {
		return nil, fmt.Errorf("%q begins with %q, which is no kind of rule: %s are; a rule is written as silence,name=Quiet,minutes=15", text, kind, strings.Join(alertKinds, ", "))
	}
	rule := map[string]any{"kind": kind}
	if rest == "" {
		return nil, fmt.Errorf("%q has no fields; a rule is written as silence,name=Quiet,minutes=15", text)
	}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("%q: %q is no FIELD=VALUE; a rule is written as silence,name=Quiet,minutes=15", text, field)
		}
		switch n, err := strconv.ParseFloat(value, 64); {
		case name == "count":
			rule[name] = strings.Split(value, "+")
		case err == nil && name != "name" && name != "id" && name != "metric":
			rule[name] = n
		default:
			rule[name] = value
		}
	}
	return rule, nil
}
