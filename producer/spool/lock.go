package spool

import "errors"

var errInUse = errors.New("another producer uses it")
