package event

// WindowMS is the length of the base window of event time, in milliseconds.
const WindowMS = 10_000

// The limits of time, in milliseconds. They are part of what makes a window the same at every delivery, so they are
// constants and never options.
const (
	// MaxAheadMS is how far an event's own time may be ahead of its arrival at the door before it is not believed.
	MaxAheadMS = 5 * 60_000
	// LatenessMS is how long after its own time an event may arrive at the door and still be counted.
	LatenessMS = 24 * 3_600_000
	// RedriveMS is how long after the lateness the id sets of a window are kept, so that a redriven copy is recognised.
	RedriveMS = 7 * 24 * 3_600_000
	// HorizonMS after its end a window takes no further delta.
	HorizonMS = LatenessMS + RedriveMS
)

// Place is where an event belongs in time, all in Unix milliseconds.
type Place struct {
	// Time is the event's own time, taken from bytes that the client sent. It is zero where they hold none.
	Time int64
	// Believed says that Time serves. If not, the event goes to the time that was claimed for its id, which is the arrival of
	// the copy that was claimed first: another copy of the same event may have arrived at another time.
	Believed bool
}

// Place says where e belongs, given when it arrived at the door. Time depends on nothing but bytes that are
// the same in every copy. Believed depends on the arrival, which is not: see [Place.Believed] and the guard in
// package aggregate for how copies that disagree about it are still counted once.
func (e *Event) Place(arrival int64) Place {
	t := e.TS
	if t == 0 {
		t = IDTime(e.ID)
	}
	return Place{Time: t, Believed: t != 0 && t <= arrival+MaxAheadMS}
}

// Window returns the start of the base window that holds a time, both in Unix milliseconds.
func Window(ms int64) int64 {
	w := ms % WindowMS
	if w < 0 {
		w += WindowMS
	}
	return ms - w
}

// Late reports whether an event of that time came too late to be counted. It is judged by when the copy arrived at the
// door, never by when it is processed: so an outage or a redrive makes nothing late.
func Late(eventTime, arrival int64) bool { return arrival-eventTime > LatenessMS }

// Expired reports whether the window that starts at w takes no delta any more at the time now.
func Expired(w, now int64) bool { return now >= w+WindowMS+HorizonMS }
