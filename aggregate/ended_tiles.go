package aggregate

import (
	"context"
	"time"
)

// EndedTile is the key of a tile that opens nothing any more, though it is signed. Keys that do open their tile are kept nowhere.
type EndedTile struct {
	Key    string    `json:"key"`
	Metric string    `json:"metric"`
	Period string    `json:"period"`
	By     string    `json:"by,omitempty"` // the dimension of a list
	At     time.Time `json:"ended_at"`
}

// maxEndedTiles bounds what a site's record has to carry, which is read for every request.
const maxEndedTiles = 500

// EndTile ends a key of a tile for good, and returns it as it was ended first. Those that keep refuses are forgotten: what opens nothing in any case.
func (s *Sites) EndTile(ctx context.Context, id string, tile EndedTile, keep func(EndedTile) bool) (EndedTile, error) {
	_, err := s.Update(ctx, id, func(site *Site) {
		ended := []EndedTile{} // a list of its own: the one that was read is others' too
		for _, t := range site.EndedTiles {
			switch {
			case t.Key == tile.Key:
				tile = t
			case keep(t):
				ended = append(ended, t)
			}
		}
		site.EndedTiles = append(ended, tile)
	})
	return tile, err
}
