package enrich

import (
	"regexp"
	"slices"
	"strings"
)

// traits are what the rules of channels want to know of the texts of a campaign. Texts are compared without regard to case.
type traits uint32

const (
	paid             traits = 1 << iota // the medium, the tag or the click id names an advertisement
	displayed                           // the medium
	crossNetwork                        // the campaign's name
	shopping                            // the campaign's name
	socially                            // the medium, and so are the rest unless they say otherwise
	filmed                              //
	organic                             //
	mailed                              // or the tag
	affiliated                          //
	heard                               //
	texted                              // or the tag
	pushed                              // or the tag
	referred                            //
	hasMedium                           // there is one
	displayClicked                      // the click id
	affiliateClicked                    // the click id
	mailClicked                         // the click id
	sent                                // there is a source
)

// way is how a visitor came.
type way struct {
	kind   kind // of the source
	traits traits
}

func (w way) has(some traits) bool { return w.traits&some != 0 }

// channels are the rules in their order; the first that applies gives the channel. They are the default channel group of Google Analytics 4
// (support.google.com/analytics/answer/9756891), whose names Plausible has too, with these differences: AI assistants have a channel of their own; a
// click id or a tag that names advertisements makes a visit paid where no medium does; whoever is sent by anybody at all has at
// least come by referral.
var channels = [...]struct {
	name    string
	applies func(w way) bool
}{
	{"Cross-network", func(w way) bool { return w.has(crossNetwork) }},
	{"Paid Shopping", func(w way) bool { return (w.kind == shop || w.has(shopping)) && w.has(paid) }},
	{"Paid Search", func(w way) bool { return w.kind == search && w.has(paid) }},
	{"Paid Social", func(w way) bool { return w.kind == social && w.has(paid) }},
	{"Paid Video", func(w way) bool { return w.kind == video && w.has(paid) }},
	{"Display", func(w way) bool {
		return w.has(displayed) || !w.has(hasMedium) && (w.has(displayClicked) || w.kind == ads)
	}},
	{"Paid Other", func(w way) bool { return w.has(paid) }},
	{"Organic Shopping", func(w way) bool { return w.kind == shop || w.has(shopping) }},
	{"Organic Social", func(w way) bool { return w.kind == social || w.has(socially) }},
	{"Organic Video", func(w way) bool { return w.kind == video || w.has(filmed) }},
	{"AI Assistants", func(w way) bool { return w.kind == assistant }},
	{"Organic Search", func(w way) bool { return w.kind == search || w.has(organic) }},
	{"Email", func(w way) bool { return w.kind == email || w.has(mailed|mailClicked) }},
	{"Affiliates", func(w way) bool { return w.kind == affiliate || w.has(affiliated|affiliateClicked) }},
	{"Audio", func(w way) bool { return w.has(heard) }},
	{"SMS", func(w way) bool { return w.has(texted) }},
	{"Mobile Push Notifications", func(w way) bool { return w.has(pushed) }},
	{"Referral", func(w way) bool { return w.has(sent | referred) }},
}

// channel returns the channel, "" for the direct one.
func (w way) channel() string {
	if w.traits == sent { // as nearly always
		return untagged[w.kind]
	}
	return w.rule()
}

func (w way) rule() string {
	if w.traits == 0 {
		return ""
	}
	for i := range channels {
		if channels[i].applies(w) {
			return channels[i].name
		}
	}
	return ""
}

// untagged are the channels of sources by their kind, where there is nothing else.
var untagged = channelsOfKinds()

func channelsOfKinds() (names [numKinds]string) {
	for k := range names {
		names[k] = way{kind(k), sent}.rule()
	}
	return names
}

// The expressions are those of the default channel group. The second finds "eshop" and "summer-shop", but no "workshop".
var (
	paidMedium       = regexp.MustCompile(`^(.*cp.*|ppc|retargeting|paid.*)$`)
	shoppingCampaign = regexp.MustCompile(`^(.*(([^a-df-z]|^)shop|shopping).*)$`)
	mail             = regexp.MustCompile(`e[-_ ]?mail|newsletter`)
)

// mediums are the words of utm_medium that rules ask for.
var mediums = []struct {
	trait traits
	words []string
}{
	{displayed, []string{"display", "banner", "expandable", "interstitial", "cpm"}},
	{socially, []string{"social", "social-network", "social-media", "sm", "social network", "social media"}},
	{organic, []string{"organic"}},
	{affiliated, []string{"affiliate", "affiliates"}},
	{heard, []string{"audio"}},
	{texted, []string{"sms"}},
	{referred, []string{"referral", "app", "link"}},
}

func traitsOfMedium(medium string) traits {
	medium = strings.ToLower(medium)
	found := hasMedium
	for _, m := range mediums {
		if slices.Contains(m.words, medium) {
			found |= m.trait
		}
	}
	for _, t := range []struct {
		trait traits
		is    bool
	}{
		{paid, paidMedium.MatchString(medium)},
		{filmed, strings.Contains(medium, "video")},
		{mailed, mail.MatchString(medium)},
		{pushed, strings.HasSuffix(medium, "push") || strings.Contains(medium, "mobile") || strings.Contains(medium, "notification")},
	} {
		if t.is {
			found |= t.trait
		}
	}
	return found
}

func traitsOfName(name string) (found traits) {
	name = strings.ToLower(name)
	if strings.Contains(name, "cross-network") {
		found |= crossNetwork
	}
	if shoppingCampaign.MatchString(name) {
		found |= shopping
	}
	return found
}

// traitsOfTag is for what names the source, in small letters.
func traitsOfTag(tag string) (found traits) {
	if mail.MatchString(tag) {
		found |= mailed
	}
	switch tag {
	case "sms":
		found |= texted
	case "firebase":
		found |= pushed
	}
	return found
}
