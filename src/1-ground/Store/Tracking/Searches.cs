namespace Kumiki.Tracking;

/// <summary>The statements of all searches but that of runs, which is a <see cref="RunSearch"/>; each gives ids of rows in the order asked for.</summary>
static class Searches
{
    internal const string LoggedStatus = "CASE g.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' ELSE 'UPLOAD_FAILED' END";
    const string PromptTag = "mlflow.prompt.is_prompt";

    internal static SearchSql Experiments(SqlDialect dialect, Search search, ViewType view)
    {
        var sql = new SearchSql(dialect, "e.id").From("tracked_experiments e");
        if (view != ViewType.All) sql.Where($"e.deleted = {sql.Mark(view == ViewType.DeletedOnly ? 1L : 0L)}");
        foreach (var clause in search.Clauses)
            if (clause.Entity == SearchEntity.Tag) sql.WhereEntry(clause, "tracked_experiment_tags", "t.experiment = e.id");
            else sql.WhereValue(clause, Column(clause.Key));
        foreach (var order in search.Order)
            if (order.Entity == SearchEntity.Tag) sql.OrderByEntry(order, "tracked_experiment_tags", "{0}.experiment = e.id");
            else sql.OrderBy(Column(order.Key), order.Descending);
        return sql.OrderBy("e.created", descending: true).OrderBy("e.id", descending: true);

        static string Column(string key) => key switch { "name" => "e.name", "creation_time" => "e.created", "last_update_time" => "e.updated", _ => "e.id" };
    }

    internal static SearchSql Models(SqlDialect dialect, Search search, bool prompts)
    {
        var sql = new SearchSql(dialect, "m.id").From("registered_models m");
        sql.Where(IsPrompt(sql, prompts));
        foreach (var clause in search.Clauses)
            if (clause.Entity == SearchEntity.Tag) sql.WhereEntry(clause, "registered_model_tags", "t.model = m.id");
            else sql.WhereValue(clause, "m.name");
        foreach (var order in search.Order)
            if (order.Entity == SearchEntity.Tag) sql.OrderByEntry(order, "registered_model_tags", "{0}.model = m.id");
            else sql.OrderBy(order.Key switch { "name" => "m.name", "creation_timestamp" => "m.created", _ => "m.updated" }, order.Descending);
        return sql.OrderBy("m.name", descending: false);
    }

    internal static SearchSql Versions(SqlDialect dialect, Search search, bool prompts)
    {
        var sql = new SearchSql(dialect, "v.id").From("model_versions v JOIN registered_models m ON m.id = v.model");
        sql.Where(IsPrompt(sql, prompts));
        foreach (var clause in search.Clauses)
            if (clause.Entity == SearchEntity.Tag) sql.WhereEntry(clause, "model_version_tags", "t.version = v.id");
            else sql.WhereValue(clause, Column(clause.Key));
        foreach (var order in search.Order)
            if (order.Entity == SearchEntity.Tag) sql.OrderByEntry(order, "model_version_tags", "{0}.version = v.id");
            else sql.OrderBy(Column(order.Key), order.Descending);
        if (search.Order.Count == 0) sql.OrderBy("v.updated", descending: true);
        return sql.OrderBy("m.name", descending: false).OrderBy("v.number", descending: true);

        static string Column(string key) => key switch
        {
            "name" => "m.name",
            "run_id" => "v.run",
            "source_path" => "v.source",
            "version_number" => "v.number",
            "creation_timestamp" => "v.created",
            _ => "v.updated",
        };
    }

    static string IsPrompt(SearchSql sql, bool prompts) =>
        $"{(prompts ? "" : "NOT ")}EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.model = m.id AND t.key = {sql.Mark(PromptTag)} AND t.value = 'true')";

    /// <param name="experiments">One or more.</param>
    internal static SearchSql LoggedModels(SqlDialect dialect, IReadOnlyList<long> experiments, Search search, IReadOnlyList<DatasetFilter> datasets)
    {
        var sql = new SearchSql(dialect, "g.id").From("logged_models g");
        sql.Where($"g.experiment IN ({sql.Marks(experiments.Select(e => (object)e))})").Where("g.deleted = 0");
        foreach (var clause in search.Clauses)
            switch (clause.Entity)
            {
                case SearchEntity.Metric:
                    sql.WhereAnyMetric(clause, "logged_model_metrics", datasets.Count == 0 ? "t.model = g.id" : $"t.model = g.id AND {About(sql, datasets)}");
                    break;
                case SearchEntity.Parameter: sql.WhereEntry(clause, "logged_model_params", "t.model = g.id"); break;
                case SearchEntity.Tag: sql.WhereEntry(clause, "logged_model_tags", "t.model = g.id"); break;
                default: sql.WhereValue(clause, Column(clause.Key)); break;
            }
        // Datasets without a clause on a metric ask for the models that were measured on one of them.
        if (datasets.Count > 0 && search.Clauses.All(c => c.Entity != SearchEntity.Metric))
            sql.Where($"EXISTS (SELECT 1 FROM logged_model_metrics t WHERE t.model = g.id AND {About(sql, datasets)})");
        foreach (var order in search.Order)
            _ = order.Entity switch
            {
                SearchEntity.Metric => OrderByNewest(sql, order),
                SearchEntity.Parameter => sql.OrderByEntry(order, "logged_model_params", "{0}.model = g.id"),
                SearchEntity.Tag => sql.OrderByEntry(order, "logged_model_tags", "{0}.model = g.id"),
                _ => sql.OrderBy(Column(order.Key), order.Descending),
            };
        return sql.OrderBy("g.created", descending: true).OrderBy("g.model", descending: false);

        static string Column(string key) => key switch
        {
            "name" => "g.name",
            "model_id" => "g.model",
            "model_type" => "g.type",
            "status" => LoggedStatus,
            "source_run_id" => "g.run",
            "creation_timestamp" => "g.created",
            _ => "g.updated",
        };
    }

    /// <summary>That a metric <c>t</c> is about one of some datasets.</summary>
    static string About(SearchSql sql, IReadOnlyList<DatasetFilter> datasets)
    {
        var each = datasets.Select(d => d.Digest is { } digest
            ? $"(t.dataset = {sql.Mark(d.Name)} AND t.dataset_digest = {sql.Mark(digest)})"
            : $"t.dataset = {sql.Mark(d.Name)}");
        return $"({string.Join(" OR ", each)})";
    }

    /// <summary>By the newest point of a metric over the datasets asked for; a model has one a dataset.</summary>
    static SearchSql OrderByNewest(SearchSql sql, SearchOrder order)
    {
        var newest = $"SELECT {{0}} FROM logged_model_metrics t WHERE t.model = g.id AND t.key = {sql.Mark(order.Key)}"
            + (order.Dataset is { } dataset ? $" AND t.dataset = {sql.Mark(dataset)}" : "")
            + (order.DatasetDigest is { } digest ? $" AND t.dataset_digest = {sql.Mark(digest)}" : "")
            + " ORDER BY t.step DESC, t.timestamp DESC, t.value DESC LIMIT 1";
        return sql.OrderBy($"({newest.Replace("{0}", "t.is_nan", StringComparison.Ordinal)})", descending: false)
            .OrderBy($"({newest.Replace("{0}", "t.value", StringComparison.Ordinal)})", order.Descending);
    }

    /// <summary>An experiment's id, its runs, its deleted runs, and when its newest began, by its id.</summary>
    internal static string Activity(SqlDialect dialect) =>
        $"""
        SELECT e.id, (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 0),
          (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 1),
          (SELECT r.started FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = e.deleted AND r.started IS NOT NULL ORDER BY r.started DESC LIMIT 1)
        FROM tracked_experiments e WHERE e.id = {dialect.Mark(1)}
        """;

    /// <summary>The different keys of an experiment, at most so many: one step down the index of values a key, however many runs logged it.</summary>
    /// <param name="entity">Metric, parameter or tag.</param>
    internal static string Keys(SqlDialect dialect, SearchEntity entity)
    {
        var of = $"FROM {RunSearch.TableOf(entity)} t WHERE t.experiment = {dialect.Mark(1)}";
        return $"""
            WITH RECURSIVE keys (key) AS (
              SELECT (SELECT t.key {of} ORDER BY t.key LIMIT 1)
              UNION ALL
              SELECT (SELECT t.key {of} AND t.key > keys.key ORDER BY t.key LIMIT 1) FROM keys WHERE keys.key IS NOT NULL
            )
            SELECT key FROM keys WHERE key IS NOT NULL LIMIT {dialect.Mark(2)}
            """;
    }
}
