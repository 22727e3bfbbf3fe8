using System.Collections.Frozen;

namespace Kumiki.Tracking;

/// <summary>What can be searched for, and by what: the grammar is one, the keys and operators are each subject's own.</summary>
public sealed class SearchSubject
{
    static readonly Comparison[] Texts = [Comparison.Equal, Comparison.NotEqual, Comparison.Like, Comparison.LikeAnyCase];
    static readonly Comparison[] TextsOrNone = [.. Texts, Comparison.IsNull, Comparison.IsNotNull];
    static readonly Comparison[] TextsOrLists = [.. Texts, Comparison.In, Comparison.NotIn];
    static readonly Comparison[] Numbers =
        [Comparison.Equal, Comparison.NotEqual, Comparison.Less, Comparison.LessOrEqual, Comparison.Greater, Comparison.GreaterOrEqual];

    static readonly (string Word, SearchEntity Entity)[] Words =
    [
        ("metric", SearchEntity.Metric), ("metrics", SearchEntity.Metric),
        ("param", SearchEntity.Parameter), ("params", SearchEntity.Parameter), ("parameter", SearchEntity.Parameter), ("parameters", SearchEntity.Parameter),
        ("tag", SearchEntity.Tag), ("tags", SearchEntity.Tag),
        ("attribute", SearchEntity.Attribute), ("attributes", SearchEntity.Attribute), ("attr", SearchEntity.Attribute), ("run", SearchEntity.Attribute),
        ("dataset", SearchEntity.Dataset), ("datasets", SearchEntity.Dataset),
    ];

    readonly FrozenDictionary<string, Attribute> attributes;
    readonly FrozenDictionary<SearchEntity, Comparison[]> entities;
    readonly FrozenDictionary<string, SearchEntity> words;

    SearchSubject(IEnumerable<Attribute> attributes, params IEnumerable<(SearchEntity Entity, Comparison[] Comparisons)> entities)
    {
        var all = attributes.ToList();
        this.attributes = all.SelectMany(a => a.Aliases.Prepend(a.Name).Select(name => (name, a)))
            .ToFrozenDictionary(p => p.name, p => p.a, StringComparer.Ordinal);
        this.entities = entities.ToFrozenDictionary(e => e.Entity, e => e.Comparisons);
        words = Words.Where(w => w.Entity == SearchEntity.Attribute || this.entities.ContainsKey(w.Entity))
            .ToFrozenDictionary(w => w.Word, w => w.Entity, StringComparer.OrdinalIgnoreCase);
    }

    public static SearchSubject Experiments { get; } = new(
        [
            Text("name"), Number("creation_time"), Number("last_update_time"), Number("experiment_id") with { OnlyToOrder = true },
        ],
        (SearchEntity.Tag, TextsOrNone));

    public static SearchSubject Runs { get; } = new(
        [
            Text("status"), Text("user_id"), Text("artifact_uri"), Text("run_name", "run name", "Run name", "Run Name"),
            Text("run_id") with { Comparisons = TextsOrLists }, Number("start_time", "created"), Number("end_time"),
        ],
        (SearchEntity.Metric, Numbers), (SearchEntity.Parameter, TextsOrNone), (SearchEntity.Tag, TextsOrNone), (SearchEntity.Dataset, TextsOrLists));

    public static SearchSubject RegisteredModels { get; } = new(
        [
            Text("name"), Number("last_updated_timestamp", "timestamp") with { OnlyToOrder = true }, Number("creation_timestamp") with { OnlyToOrder = true },
        ],
        (SearchEntity.Tag, TextsOrNone));

    public static SearchSubject ModelVersions { get; } = new(
        [
            Text("name"), Text("run_id") with { Comparisons = TextsOrLists }, Text("source_path", "source"), Number("version_number", "version"),
            Number("creation_timestamp") with { OnlyToOrder = true }, Number("last_updated_timestamp", "timestamp") with { OnlyToOrder = true },
        ],
        (SearchEntity.Tag, TextsOrNone));

    public static SearchSubject LoggedModels { get; } = new(
        [
            Text("name") with { Comparisons = TextsOrLists }, Text("model_id") with { Comparisons = TextsOrLists },
            Text("model_type") with { Comparisons = TextsOrLists }, Text("status") with { Comparisons = TextsOrLists },
            Text("source_run_id") with { Comparisons = TextsOrLists },
            Number("creation_timestamp", "creation_timestamp_ms", "creation_time"), Number("last_updated_timestamp", "last_updated_timestamp_ms"),
        ],
        (SearchEntity.Metric, Numbers), (SearchEntity.Parameter, [.. TextsOrNone, .. TextsOrLists[^2..]]),
            (SearchEntity.Tag, [.. TextsOrNone, .. TextsOrLists[^2..]]));

    /// <summary>Reads a filter and an order.</summary>
    /// <param name="filter">Empty for all.</param>
    /// <exception cref="TrackingException">It is not written so; or it is longer than <see cref="SearchText.MostCharacters"/> or asks for more than
    /// <see cref="SearchText.MostClauses"/> things.</exception>
    public Search Read(string filter, IReadOnlyList<string> order) => new(SearchText.Clauses(this, filter), SearchText.Order(this, order));

    /// <summary>The entity a word before a dot names; null where it names none here.</summary>
    internal SearchEntity? EntityOf(string word) => words.TryGetValue(word, out var entity) ? entity : null;

    internal IEnumerable<string> EntityWords => words.Keys.Order(StringComparer.Ordinal);

    internal Attribute? AttributeOf(string key) => attributes.GetValueOrDefault(key);

    internal IEnumerable<string> AttributeNames(bool toOrder) =>
        attributes.Values.Where(a => toOrder || !a.OnlyToOrder).Select(a => a.Name).Distinct().Order(StringComparer.Ordinal);

    internal Comparison[] ComparisonsOf(SearchEntity entity) => entities[entity];

    static Attribute Text(string name, params string[] aliases) => new(name, aliases, IsNumber: false, Texts);

    static Attribute Number(string name, params string[] aliases) => new(name, aliases, IsNumber: true, Numbers);

    internal sealed record Attribute(string Name, string[] Aliases, bool IsNumber, Comparison[] Comparisons)
    {
        internal bool OnlyToOrder { get; init; }
    }
}
