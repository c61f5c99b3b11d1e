package agent

import (
	"slices"
	"strings"
	"testing"
)

// Marks are written down by reason, and in order, so that a double is seen.
func TestMarksAreInOrder(t *testing.T) {
	order := []string{Headless, Preview, Monitor, Feed, Tool, Crawler}
	for i, m := range marks {
		if !slices.Contains(order, m.reason) || m.text == "" || m.text != strings.ToLower(strings.TrimSpace(m.text)) {
			t.Errorf("line %d: %q", i+1, m)
		}
		if i == 0 {
			continue
		}
		before := marks[i-1]
		if at, was := slices.Index(order, m.reason), slices.Index(order, before.reason); at < was || at == was && m.text <= before.text {
			t.Errorf("line %d: %q stands after %q", i+1, m, before)
		}
	}
	if len(marks) < 250 {
		t.Errorf("%d marks", len(marks))
	}
	if names := strings.Fields(toolsText); !slices.IsSorted(names) || len(names) != len(tools) {
		t.Error("tools.txt is not in order, or names one twice")
	}
	for name := range tools {
		if name != strings.ToLower(name) || len(name) > maxProduct {
			t.Errorf("the tool %q would never be found", name)
		}
	}
}

func TestAutomation(t *testing.T) {
	for ua, want := range map[string]string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                               Crawler,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)": Crawler,
		"Mozilla/5.0 (compatible; Linux x86_64; Mail.RU_Bot/2.0)":                                                Crawler,
		"Mozilla/5.0 (compatible; Yahoo! Slurp)":                                                                 Crawler,
		"somebot":                                                                                                Crawler,
		"Acme Robots/1.0":                                                                                        Crawler,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36": Headless,
		"Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1":        Headless,
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)":                                     Preview,
		"Twitterbot/1.0": Preview, "WhatsApp/2.23.20.0": Preview, "TelegramBot (like TwitterBot)": Preview,
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)":                                                                      Preview,
		"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)":                                                          Monitor,
		"Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse": Monitor,
		"ELB-HealthChecker/2.0": Monitor, "kube-probe/1.29": Monitor,
		"Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 22 subscribers)": Feed, "Feedbin - 1 subscribers": Feed,
		"curl/8.5.0": Tool, "Wget/1.21 (linux-gnu)": Tool, "python-requests/2.31.0": Tool, "Python/3.11 aiohttp/3.9.1": Tool, "Go-http-client/2.0": Tool,
		"axios/1.6.0": Tool, "okhttp/4.9.3": Tool, "Java/17.0.2": Tool, "libwww-perl/6.05": Tool, "PostmanRuntime/7.36.0": Tool, "node": Tool, "Ruby": Tool,
		"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041": Tool,

		"": "", "-": "", "Mozilla/5.0": "", "browser": "", "botany/1.0": "", "Nodens/1.0": "", "curly/1.0": "",
		"Mozilla/5.0 (Linux; Android 9; CUBOT_NOTE_S) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                    "",
		"Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                 "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":                "",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.0 (iPhone14,5)": "",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/120.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/441.0.0.1;]":  "",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]":                "",
		"Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)":                                                                                      "", "Shop/7 CFNetwork/1408.0.4 Darwin/22.5.0": "",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 DaumApps/4.0": "",
	} {
		if got := Automation(ua); got != want {
			t.Errorf("%q: %q, want %q", ua, got, want)
		}
		if IsTool(ua) && want != Tool {
			t.Errorf("%q is a tool", ua)
		}
	}
}

func TestReason(t *testing.T) {
	for _, r := range reasons {
		if Reason(r) != r {
			t.Errorf("%s became %s", r, Reason(r))
		}
	}
	if got := Reason("anything at all"); got != Marked {
		t.Errorf("a made-up mark became %q", got)
	}
}

func TestIsToolTakesNoMemory(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { IsTool("Python-Requests/2.31") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAutomation(f *testing.F) {
	f.Add("Mozilla/5.0 (compatible; bot")
	f.Add("\xff\xffBOT")
	f.Fuzz(func(t *testing.T, ua string) {
		if why := Automation(ua); why != "" && !slices.Contains(reasons, why) {
			t.Errorf("%q: %q", ua, why)
		}
	})
}
