package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// measureDisk times synced writes in the data folder, as a log that is allocated beforehand does them.
func measureDisk(ctx context.Context, s settings, p *product, r *report) error {
	f, err := os.Create(filepath.Join(filepath.Dir(p.data), "bench")) // the folder is removed at the end
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 4<<10)
	for i := range 2 * s.samples { // the first half allocates
		began := time.Now()
		if _, err := f.WriteAt(block, int64(i%s.samples)*int64(len(block))); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		if i >= s.samples {
			r.sync = append(r.sync, time.Since(began))
		}
	}
	return ctx.Err()
}
