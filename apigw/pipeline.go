package apigw

import (
	"context"
	"net/http"

	"github.com/streamgauge/streamgauge/apigw/pipeline"
)

// getPipeline answers the operator's view of the pipeline: docs/METRICS-OPS.md has its fields.
func (s *Server) getPipeline(w http.ResponseWriter, r *http.Request) error {
	view, err := s.o.Pipeline(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, view)
	return nil
}

// storedPipeline is the view of a server that stands beside the pipeline and sees what it left in the store: a function, of which there are many, each with a
// part of the requests, and which knows nothing of the consumer's.
func storedPipeline(o *Options) func(context.Context) (*pipeline.View, error) {
	keeper := pipeline.NewKeeper(o.Reader, nil, o.Now)
	return func(ctx context.Context) (*pipeline.View, error) {
		facts, err := keeper.Facts(ctx)
		if err != nil {
			return nil, err
		}
		v := &pipeline.View{
			AsOf: o.Now().UnixMilli(), Shards: []pipeline.Shard{}, History: []pipeline.Point{},
			Missing: []string{"started_at", "shards", "door", "delay", "rollup.last_pass_at", "rollup.passes", "rollup.failures", "store", "history"},
		}
		facts.Fill(v)
		return v, nil
	}
}
