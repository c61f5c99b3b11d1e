package enrich

// clickID is a parameter that a network adds to the links that lead out of it.
type clickID struct {
	source string // whose it is, as the sources' table names it; "" for a tool that many use
	trait  traits // paid, displayClicked, affiliateClicked, mailClicked; zero where the network marks every link, so that it only tells whose link it was
}

// Where the meaning stands: the help pages of each network on its automatic tagging of links.
var (
	clickGoogle     = clickID{"Google", paid}
	clickDisplay    = clickID{"DoubleClick", displayClicked}
	clickBing       = clickID{"Bing", paid}
	clickYandex     = clickID{"Yandex", paid}
	clickFacebook   = clickID{"Facebook", 0}
	clickInstagram  = clickID{"Instagram", 0}
	clickTikTok     = clickID{"TikTok", paid}
	clickX          = clickID{"X (Twitter)", paid}
	clickLinkedIn   = clickID{"LinkedIn", paid}
	clickSnapchat   = clickID{"Snapchat", paid}
	clickReddit     = clickID{"Reddit", paid}
	clickPinterest  = clickID{"Pinterest", paid}
	clickQuora      = clickID{"Quora", paid}
	clickTaboola    = clickID{"Taboola", displayClicked}
	clickOutbrain   = clickID{"Outbrain", displayClicked}
	clickCriteo     = clickID{"Criteo", displayClicked}
	clickAwin       = clickID{"Awin", affiliateClicked}
	clickImpact     = clickID{"Impact", affiliateClicked}
	clickCJ         = clickID{"CJ Affiliate", affiliateClicked}
	clickRakuten    = clickID{"Rakuten", affiliateClicked}
	clickMailchimp  = clickID{"Mailchimp", mailClicked}
	clickKlaviyo    = clickID{"Klaviyo", mailClicked}
	clickEmailOther = clickID{"", mailClicked}
)

// clickIDOf returns the click id of that name. Names are compared as they stand.
func clickIDOf(key string) *clickID {
	switch key {
	case "gclid", "gbraid", "wbraid", "gad_source":
		return &clickGoogle
	case "dclid":
		return &clickDisplay
	case "msclkid":
		return &clickBing
	case "yclid":
		return &clickYandex
	case "fbclid":
		return &clickFacebook
	case "igsh", "igshid":
		return &clickInstagram
	case "ttclid":
		return &clickTikTok
	case "twclid":
		return &clickX
	case "li_fat_id":
		return &clickLinkedIn
	case "ScCid", "sccid":
		return &clickSnapchat
	case "rdt_cid":
		return &clickReddit
	case "epik":
		return &clickPinterest
	case "qclid":
		return &clickQuora
	case "tblci":
		return &clickTaboola
	case "dicbo", "obclid":
		return &clickOutbrain
	case "cto_pld":
		return &clickCriteo
	case "awc":
		return &clickAwin
	case "irclickid":
		return &clickImpact
	case "cjevent":
		return &clickCJ
	case "ranSiteID":
		return &clickRakuten
	case "mc_eid":
		return &clickMailchimp
	case "_kx":
		return &clickKlaviyo
	case "mkt_tok", "_hsenc", "vero_id":
		return &clickEmailOther
	}
	return nil
}
