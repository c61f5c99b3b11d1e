package access

import (
	"crypto/hmac"
	"encoding/base64"
)

const (
	tileKeyBytes = 18
	tileKeyMark  = "tk_"
)

func (k SigningKey) tileKey(tile string) string {
	return tileKeyMark + base64.RawURLEncoding.EncodeToString(k.mac("tile", tile)[:tileKeyBytes])
}

// TileKey returns the key that opens one tile: the answer to one question about one site, for whoever reads the page that holds it. It has no end of its own, as
// pages have none; it is good until the signing key that made it is gone, that is after two rotations.
func (s Secrets) TileKey(tile string) string { return s.Ingest[0].tileKey(tile) }

// IsTileKey reports whether a key is one of the tile, by any signing key that is valid.
func (s Secrets) IsTileKey(key, tile string) bool {
	found := false
	for _, k := range s.Ingest {
		found = hmac.Equal([]byte(k.tileKey(tile)), []byte(key)) || found
	}
	return found
}
