-- Whether a master has tracks that are not at their end: asked before what was made for one that is gets deleted. Of open tracks alone.
create index tracks_open_by_master on tracks (master) where state in ('accepted', 'processing');
