package aggregate

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/store"
)

// hourCell names a partition of logs: an hour and a cell of a site.
type hourCell struct {
	hour int64
	cell int
}

// log names the first log of the partition.
func (hc hourCell) log(gen uint32, site string) Log {
	return Log{Gen: gen, Site: site, Window: hc.hour, Cell: hc.cell}
}

func cellIndexPartition(gen uint32, site string) string {
	return fmt.Sprintf("W#%d#%s", gen, siteKey(site))
}

func cellIndexKey(log Log) store.Key {
	return store.Key{
		Partition: cellIndexPartition(log.Gen, log.Site),
		Sort:      fmt.Sprintf("%s#%04x", timeKey(floor(log.Window, hourMS)), log.Cell),
	}
}

// cellsWithin returns the partitions of logs that exist for a site and touch [from, to), in order of time.
func cellsWithin(ctx context.Context, items itemStore, gen uint32, site string, from, to int64) ([]hourCell, error) {
	var found []hourCell
	r := store.Range{Partition: cellIndexPartition(gen, site), From: timeKey(floor(from, hourMS)), To: timeKey(to)}
	for it, err := range items.Scan(ctx, r) {
		if err != nil {
			return nil, fmt.Errorf("read cells of site %s: %w", site, err)
		}
		hour, cell, ok := strings.Cut(it.Key.Sort, "#")
		h, err := parseTimeKey(hour)
		if err != nil {
			return nil, err
		}
		c, err := strconv.ParseInt(cell, 16, 32)
		if err != nil || !ok {
			return nil, fmt.Errorf("cell %q of site %s: %w", it.Key.Sort, site, ErrCorrupt)
		}
		found = append(found, hourCell{h, int(c)})
	}
	return found, nil
}
