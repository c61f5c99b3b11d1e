package aggregate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// Import is history that becomes part of a site's figures as a whole: a generation of its own, which is filled, rolled up, and then switched in.
type Import struct {
	ID       string       `json:"id"` // hash of the files' content and the options
	Site     string       `json:"site"`
	Gen      uint32       `json:"gen"`
	TZ       string       `json:"tz"` // of the site's days
	Files    []ImportFile `json:"files"`
	Format   string       `json:"format,omitempty"` // of the lines; a different one is a different import
	Begun    time.Time    `json:"begun_at"`
	Finished time.Time    `json:"finished_at,omitzero"`
	// Done: it is switched in. The site says so, not what is kept of the import.
	Done bool `json:"-"`
	ImportSum
	// Removed is when it was taken out of the site; its keys are removed a while later.
	Removed time.Time `json:"removed_at,omitzero"`
}

// ImportFile is a file by its content.
type ImportFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // 64 hexadecimal digits
}

// ImportSum says what became of an import's lines. Those that were empty or bad are in no log: whoever read the files says how many there were.
type ImportSum struct {
	Counted   uint64 `json:"counted"`
	Duplicate uint64 `json:"duplicate"`
	Bot       uint64 `json:"bot"`
	Bad       uint64 `json:"bad"`
}

// The errors of imports. Their texts are for people.
var (
	ErrBadImport = errors.New("bad import")
	ErrNoImport  = errors.New("no such import")
	// ErrImporting: another import of the site is not done. One at a time can know which ids the others hold.
	ErrImporting = errors.New("another import is under way")
	// ErrImported: it is done, or one of its files is part of another import.
	ErrImported = errors.New("imported already")
)

// Bounds of imports.
const (
	maxImportFiles = 1000
	// maxLayers bounds the imports of a site: every question reads all of them.
	maxLayers = 64
)

// Imports is the registry of imports. What is in force stands in the site, see [Layering]: an item without a place there is one that was taken out.
type Imports struct {
	store  store.Store
	sites  *Sites
	roller *Roller
	now    func() time.Time
}

// NewImports returns the registry kept in s, whose imports r rolls up.
func NewImports(s store.Store, sites *Sites, r *Roller, now func() time.Time) *Imports {
	return &Imports{store: s, sites: sites, roller: r, now: now}
}

// importID is the same for the same files in the same order, whatever their names are.
func importID(files []ImportFile, format string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q", format)
	for _, f := range files {
		fmt.Fprintf(h, " %q", f.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func checkFiles(files []ImportFile) error {
	if len(files) == 0 || len(files) > maxImportFiles {
		return fmt.Errorf("%w: files: %d of them; allowed are 1 to %d", ErrBadImport, len(files), maxImportFiles)
	}
	seen := make(map[string]string)
	for i, f := range files {
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%w: files[%d]: sha256 must be 64 hexadecimal digits", ErrBadImport, i)
		}
		if len(f.Name) > 1000 {
			return fmt.Errorf("%w: files[%d]: name must be at most 1000 bytes", ErrBadImport, i)
		}
		if other, twice := seen[f.SHA256]; twice {
			return fmt.Errorf("%w: files: %.200q has the same content as %.200q", ErrBadImport, f.Name, other)
		}
		seen[f.SHA256] = f.Name
	}
	return nil
}

// Begin reserves a generation for the files, or finds the import that they are: Done if it is, else to be gone on with, and the second answer says so. It is refused where one of the files is part of
// another import, and while another import of the site is under way.
func (im *Imports) Begin(ctx context.Context, site string, files []ImportFile, format string) (Import, bool, error) {
	if err := checkFiles(files); err != nil {
		return Import{}, false, err
	}
	want := Import{ID: importID(files, format), Site: site, Files: files, Format: format, Begun: im.now().UTC()}
	for {
		known, s, err := im.read(ctx, site)
		if err != nil {
			return Import{}, false, err
		}
		if found, err := find(known, &want); found.Gen != 0 || err != nil {
			return found, true, err
		}
		if want.Gen, err = im.reserve(ctx, s, known); err != nil {
			return Import{}, false, err
		}
		want.TZ = s.TZ
		if err := im.put(ctx, want, store.Write{}); !errors.Is(err, store.ErrConflict) {
			return want, false, err
		}
		// Somebody else had reserved the generation, and was faster: now it is known what for.
	}
}

// find returns the import that is wanted, if there is one, or why it must not be.
func find(known []Import, want *Import) (Import, error) {
	for _, k := range known {
		if k.ID == want.ID {
			return k, nil
		}
	}
	for _, k := range known {
		for _, f := range want.Files {
			if slices.ContainsFunc(k.Files, func(o ImportFile) bool { return o.SHA256 == f.SHA256 }) {
				return Import{}, fmt.Errorf("%w: %.200q is part of import %s", ErrImported, f.Name, k.ID)
			}
		}
	}
	return Import{}, nil
}

// reserve returns the generation that the site fills now. One that was reserved by somebody who died before he noted what for is taken over: nothing is in it.
func (im *Imports) reserve(ctx context.Context, s Site, known []Import) (uint32, error) {
	s, err := im.sites.layer(ctx, s.ID, func(s *Site) error {
		if s.Filling != 0 {
			return nil
		}
		if len(s.Layers) >= maxLayers {
			return fmt.Errorf("%w: site %s has %d imports already; remove some, or import more files together", ErrBadImport, s.ID, maxLayers)
		}
		s.Given = max(s.Gen, s.Given) + 1
		s.Filling = s.Given
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range known {
		if k.Gen == s.Filling {
			return 0, fmt.Errorf("%w: %s, begun %s; run it again to go on with it, or remove it", ErrImporting, k.ID, k.Begun.Format(time.RFC3339))
		}
	}
	return s.Filling, nil
}

// Get returns an import that is in force, with its site as it is now.
func (im *Imports) Get(ctx context.Context, site, id string) (Import, Site, error) {
	known, s, err := im.read(ctx, site)
	if err != nil {
		return Import{}, s, err
	}
	for _, k := range known {
		if k.ID == id {
			return k, s, nil
		}
	}
	return Import{}, s, fmt.Errorf("%w: site %s has none with the id %.40q", ErrNoImport, site, id)
}

// List returns the imports in force, the first begun first.
func (im *Imports) List(ctx context.Context, site string) ([]Import, error) {
	known, _, err := im.read(ctx, site)
	return known, err
}

// Counted returns how many imports are switched in, and how many events they count: of a site, or of all if it is "".
func (im *Imports) Counted(ctx context.Context, site string) (imports, events uint64, err error) {
	ids := []string{site}
	if site == "" {
		sites, err := im.sites.List(ctx)
		if err != nil {
			return 0, 0, err
		}
		ids = ids[:0]
		for _, s := range sites {
			ids = append(ids, s.ID)
		}
	}
	for _, id := range ids {
		known, err := im.List(ctx, id)
		if IsDamage(err) && site == "" { // those of the others are known
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		for _, k := range known {
			if k.Done {
				imports, events = imports+1, events+k.ImportSum.Counted
			}
		}
	}
	return imports, events, nil
}

// Finish rolls an import up and switches it in. It may be repeated. All of its events must have been committed.
func (im *Imports) Finish(ctx context.Context, site, id string, bad uint64) (Import, error) {
	imp, s, err := im.Get(ctx, site, id)
	if err != nil || imp.Done {
		return imp, err
	}
	if err := im.roller.rollGeneration(ctx, s.as(imp.Gen)); err != nil {
		return imp, fmt.Errorf("roll up import %s: %w", id, err)
	}
	books, err := im.roller.booksOf(ctx, s.as(imp.Gen))
	if err != nil {
		return imp, fmt.Errorf("sum up import %s: %w", id, err)
	}
	imp.ImportSum = ImportSum{Counted: books.Counted, Duplicate: books.Duplicate, Bot: books.Bot, Bad: bad}
	imp.Finished = im.now().UTC()
	if err := im.put(ctx, imp, store.Write{Any: true}); err != nil {
		return imp, err
	}
	_, err = im.sites.layer(ctx, site, func(s *Site) error {
		switch {
		case slices.Contains(s.Layers, imp.Gen): // by an attempt whose answer was lost
			return nil
		case s.Filling != imp.Gen:
			return fmt.Errorf("%w: %s was removed meanwhile", ErrNoImport, id)
		}
		s.Layers, s.Filling = append(s.Layers, imp.Gen), 0
		s.Switched++
		return nil
	})
	imp.Done = err == nil
	return imp, err
}

// Remove takes an import out of the site's figures, or gives up one that is not done. Its keys are removed a while later, when nobody reads them any more.
func (im *Imports) Remove(ctx context.Context, site, id string) error {
	imp, _, err := im.Get(ctx, site, id)
	if err != nil {
		return err
	}
	_, err = im.sites.layer(ctx, site, func(s *Site) error {
		if !s.holds(imp.Gen) {
			return nil
		}
		if s.Filling == imp.Gen {
			s.Filling = 0
		}
		s.Layers = slices.DeleteFunc(s.Layers, func(gen uint32) bool { return gen == imp.Gen })
		s.Switched++
		return nil
	})
	return err
}

func importPartition(site string) string { return "G#" + site }

func (im *Imports) put(ctx context.Context, imp Import, w store.Write) error {
	value, err := json.Marshal(imp)
	if err != nil {
		return fmt.Errorf("encode import %s: %w", imp.ID, err)
	}
	key := store.Key{Partition: importPartition(imp.Site), Sort: fmt.Sprintf("%08x", imp.Gen)}
	if _, err = im.store.Put(ctx, key, value, w); err != nil {
		return fmt.Errorf("write import %s: %w", imp.ID, err)
	}
	return nil
}

// read returns the imports in force, and the site. The items are read first: whose item is there has a place in the site, unless it was taken out.
func (im *Imports) read(ctx context.Context, site string) ([]Import, Site, error) {
	all, err := importItems(ctx, im.store, site)
	if err != nil {
		return nil, Site{}, err
	}
	s, _, err := im.sites.readLive(ctx, site)
	if err != nil {
		return nil, Site{}, err
	}
	inForce := []Import{}
	for _, imp := range all {
		if s.holds(imp.Gen) {
			imp.Done = imp.Gen != s.Filling
			inForce = append(inForce, imp)
		}
	}
	return inForce, s, nil
}

func importItems(ctx context.Context, items itemStore, site string) (all []Import, err error) {
	for it, err := range items.Scan(ctx, store.Range{Partition: importPartition(site)}) {
		if err != nil {
			return nil, fmt.Errorf("read imports of site %s: %w", site, err)
		}
		var imp Import
		if err := decodeJSON("import of site "+site, it, &imp); err != nil {
			return nil, err
		}
		all = append(all, imp)
	}
	return all, nil
}
