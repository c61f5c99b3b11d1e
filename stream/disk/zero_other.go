//go:build !linux

package disk

import "os"

func zeroDirectly(*os.File, int64, int64) int64 { return 0 }
