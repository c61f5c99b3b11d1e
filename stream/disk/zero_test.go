package disk

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
)

// TestZero writes zeros over other bytes, at places and of lengths that direct writes allow and at others, and then writes as
// usual.
func TestZero(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "fake": ""} {
		for i, c := range []struct{ at, n int64 }{{0, 4096}, {0, 3 << 20}, {4096, 5000}, {1, 4096}, {0, 1}, {12288, 0}, {100, 200_000}} {
			t.Run(fmt.Sprintf("%s/at=%d,n=%d", name, c.at, c.n), func(t *testing.T) {
				fsys, file := FS(OS{}), filepath.Join(dir, fmt.Sprint(i))
				if dir == "" {
					fsys = NewFake()
				}
				want := bytes.Repeat([]byte("x"), 1<<20)
				if err := WriteFile(fsys, file, want); err != nil {
					t.Fatal(err)
				}
				f, err := fsys.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := f.Zero(c.at, c.n); err != nil {
					t.Fatal(err)
				}
				if _, err := f.WriteAt([]byte("as usual"), 3); err != nil {
					t.Fatal(err)
				}
				want = append(want, make([]byte, max(0, c.at+c.n-int64(len(want))))...)
				clear(want[c.at : c.at+c.n])
				copy(want[3:], "as usual")
				if got, err := ReadFile(fsys, file); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
				}
			})
		}
	}
}
