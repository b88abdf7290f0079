def _rebuild_from_type_v2(*a): raise NotImplementedError
