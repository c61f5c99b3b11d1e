package stream

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// identity is what of a stream never changes.
type identity struct {
	Name      string `json:"name"`
	ID        uint64 `json:"id"` // random: tells two streams of one name apart
	CreatedMS int64  `json:"created_ms"`
}

// settings is what is kept of a stream, as JSON in its folder.
type settings struct {
	Format int `json:"format"`
	identity
	Mode           types.StreamMode    `json:"mode"`
	RetentionHours int32               `json:"retention_hours"`
	HorizonMS      int64               `json:"horizon_ms,omitempty"` // what arrived earlier has expired, whatever the retention is now
	MaxRecordKiB   int32               `json:"max_record_kib"`
	WarmMiBps      int32               `json:"warm_mibps,omitempty"`
	KeyID          string              `json:"key_id,omitempty"` // of encryption; empty while it is off
	Metrics        []types.MetricsName `json:"metrics,omitempty"`
	annotations
	Consumers    []consumer      `json:"consumers,omitempty"` // by name
	LastConsumer int64           `json:"last_consumer,omitempty"`
	Shards       []shardSettings `json:"shards"` // by number
}

const settingsFormat = 1

// shardSettings is what is kept of a shard.
type shardSettings struct {
	Number       uint32   `json:"number"`
	CreatedMS    int64    `json:"created_ms"`
	ClosedMS     int64    `json:"closed_ms,omitempty"` // 0 while it is open
	Parents      []uint32 `json:"parents,omitempty"`   // one after a split, two after a merge, the lower hash keys first
	StartHashKey hashKey  `json:"start_hash_key"`
	EndHashKey   hashKey  `json:"end_hash_key"`
	// Ahead is by how many seconds the creation that stands in the shard's sequence numbers is later than CreatedMS. They
	// must be above those of its parents, though these be made within the same second, or the clock steps back.
	Ahead int64 `json:"ahead,omitempty"`
}

// clone is a copy that shares nothing with the original that an edit would write to.
func (set settings) clone() settings {
	set.Metrics = slices.Clone(set.Metrics)
	set.Tags = maps.Clone(set.Tags)
	set.Shards = slices.Clone(set.Shards)
	set.Consumers = slices.Clone(set.Consumers)
	for i := range set.Consumers {
		set.Consumers[i].Tags = maps.Clone(set.Consumers[i].Tags)
	}
	return set
}

func readSettings(fsys disk.FS, name string) (settings, error) {
	var set settings
	data, err := disk.ReadFile(fsys, name)
	if err != nil {
		return set, fmt.Errorf("read stream settings: %w", err)
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Format != settingsFormat {
		return set, &CorruptError{File: name, Reason: fmt.Sprintf("not settings of format %d: %v", settingsFormat, err)}
	}
	return set, nil
}

func writeSettings(fsys disk.FS, name string, set settings) error {
	data, err := json.MarshalIndent(set, "", "\t")
	if err != nil {
		return err
	}
	if err := disk.WriteFile(fsys, name, data); err != nil {
		return fmt.Errorf("write stream settings: %w", err)
	}
	return nil
}
