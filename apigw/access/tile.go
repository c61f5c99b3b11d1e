package access

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// TileKeyMark begins every key of a tile.
const TileKeyMark = "tk_"

const (
	tileKeyBytes = 18
	tileKeyEnd   = "." // stands behind the end, which base64url does not have
)

// ErrTileKey says that a key is not the tile's.
var ErrTileKey = errors.New("the key is not this tile's")

// tileKey is tk_MAC, or tk_END.MAC where the key has an end, in Unix seconds: what it says of its end is part of what is signed.
func (k SigningKey) tileKey(tile, end string) string {
	purpose := "tile"
	if end != "" {
		purpose, tile, end = "tile until", end+" "+tile, end+tileKeyEnd
	}
	return TileKeyMark + end + base64.RawURLEncoding.EncodeToString(k.mac(purpose, tile)[:tileKeyBytes])
}

// TileKey returns the key that opens one tile: the answer to one question about one site, for whoever reads the page that holds it. It is good before its end,
// to the second; the zero time is none. In any case it ends when the signing key that made it is gone, that is after two rotations.
func (s Secrets) TileKey(tile string, end time.Time) string {
	text := ""
	if !end.IsZero() {
		text = strconv.FormatInt(end.Unix(), 10)
	}
	return s.Ingest[0].tileKey(tile, text)
}

// CheckTileKey says whether a key opens the tile now, by any signing key that is valid: the error is ErrTileKey or, of one that did, ErrExpired. It returns the end that the key has.
func (s Secrets) CheckTileKey(key, tile string, now time.Time) (end time.Time, err error) {
	text, _, _ := strings.Cut(strings.TrimPrefix(key, TileKeyMark), tileKeyEnd)
	if !strings.Contains(key, tileKeyEnd) {
		text = ""
	}
	found := false
	for _, k := range s.Ingest {
		found = hmac.Equal([]byte(k.tileKey(tile, text)), []byte(key)) || found
	}
	if !found {
		return time.Time{}, ErrTileKey
	}
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, ErrTileKey // it was not made by TileKey
	}
	if end = time.Unix(seconds, 0); !now.Before(end) {
		return end, ErrExpired
	}
	return end, nil
}
