using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kumiki.Store.Moving;

/// <summary>A table that every metadata store has, under the same names.</summary>
/// <param name="Key">The columns that order it, and tell its rows apart.</param>
/// <param name="Page">How many rows are in memory at once: fewer where one may have megabytes.</param>
sealed record RecordTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<string> Key, int Page)
{
    /// <summary>All that is kept, each after those it refers to; the one row of <c>store</c> last.</summary>
    internal static IReadOnlyList<RecordTable> All { get; } =
    [
        Of("environments", "id", "digest record"),
        Of("runs", "id", "asset state fence owner recipe_key making_key closure environment plan started ended result error cost inputs outside figures"),
        Of("versions", "id", "asset number run content record"),
        Of("version_inputs", "asset number user", ""),
        Of("version_blobs", "blob version", ""),
        Of("series", "run name", "number points"),
        Of("points", "run series position", "step value at"),
        Of("log", "run sequence", "at level text"),
        Of("stages", "asset stage", "number at by"),
        Of("stage_moves", "id", "asset stage from_number number at by reason"),
        Of("releases", "number", "state record live_at withdrawn_at"),
        Of("production", "asset", "number"),
        Of("audit", "id", "at who what details"),
        Of("doomed", "blob", ""),
        Of("programs", "closure", "kept"),
        Of("program_blobs", "closure blob", ""),
        Of("outside", "path", "bytes modified inode content"),
        Of("schedules", "name", "since considered paused_at paused_by"),
        Of("occurrences", "id", "schedule due cause by missed state fence owner started ended cancelled_by progress"),
        Of("alerts", "id", "schedule occurrence at says closed"),
        Of("queue_messages", "id", "queue key body put_at visible_at deliveries lease", page: 100),
        Of("queue_keys", "queue key", "at"),
        Of("queue_dead", "id", "queue key body put_at died_at deliveries reason", page: 100),
        Of("queue_claims", "queue key", "owner until done"),
        Of("queue_counts", "queue part", "put taken done back dead"),
        Of("queue_streams", "stream", "seen record"),
        Of("tracked_experiments", "id", "name location deleted created updated"),
        Of("tracked_experiment_tags", "experiment key", "value"),
        Of("tracked_runs", "id", "uuid experiment name user status started ended location deleted"),
        Of("tracked_points", "run block key timestamp step value is_nan", "model dataset dataset_digest"),
        Of("tracked_latest", "run key", "experiment value is_nan timestamp step model dataset dataset_digest"),
        Of("tracked_params", "run key", "experiment value"),
        Of("tracked_tags", "run key", "experiment value"),
        Of("tracked_datasets", "id", "experiment name digest source_type source schema profile"),
        Of("tracked_inputs", "run dataset", "place"),
        Of("tracked_input_tags", "run dataset key", "value"),
        Of("tracked_model_inputs", "run model", ""),
        Of("tracked_model_outputs", "run model", "step"),
        Of("logged_models", "id", "model experiment name type run status location created updated deleted"),
        Of("logged_model_params", "model key", "value"),
        Of("logged_model_tags", "model key", "value"),
        Of("logged_model_metrics", "model key dataset dataset_digest", "run value is_nan timestamp step"),
        Of("registered_models", "id", "name description created updated numbers asset"),
        Of("registered_model_tags", "model key", "value"),
        Of("model_versions", "id", "model number description stage source storage run run_link logged_model created updated"),
        Of("model_version_tags", "version key", "value"),
        Of("model_aliases", "model alias", "version"),
        Of("tracked_artifacts", "path", "blob bytes modified"),
        Of("prediction_files", "id", "endpoint kind hour blob bytes rows first last"),
        Of("prediction_segments", "name", "records lost dropped at"),
        Of("store", "only_row", "revision production_revision live_release generation collector"),
    ];

    /// <summary>Whether the store gives its rows their numbers.</summary>
    internal bool IsNumbered => Key is ["id"];

    /// <summary>Names in quotation marks: one of them is a word of SQL.</summary>
    internal static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"\"{n}\""));

    /// <summary>A page of rows in the order of the key.</summary>
    /// <param name="parameter">The n-th parameter as the database writes it.</param>
    internal string PageSql(bool after, Func<int, string> parameter, string? source = null) =>
        $"SELECT {Quoted(Columns)} FROM {source ?? Name}"
        + (after ? $" WHERE ({Quoted(Key)}) > ({string.Join(", ", Key.Select((_, i) => parameter(i + 1)))})" : "")
        + $" ORDER BY {Quoted(Key)} LIMIT {parameter(after ? Key.Count + 1 : 1)}";

    internal object?[] KeyOf(object?[] row) => row[..Key.Count];

    static RecordTable Of(string name, string key, string others, int page = 2000) => new(name,
        [.. key.Split(' '), .. others.Split(' ', StringSplitOptions.RemoveEmptyEntries)], key.Split(' '), page);
}

/// <summary>The tables of one store, to be read or filled: values are long, double, string, bytes or null.</summary>
interface IRecordTables : IAsyncDisposable
{
    /// <summary>Tables that hold rows and that no other store knows.</summary>
    Task<IReadOnlyList<string>> UnknownAsync(CancellationToken stop);

    /// <summary>Rows after a key, in its order.</summary>
    Task<IReadOnlyList<object?[]>> PageAsync(RecordTable table, object?[]? after, int limit, CancellationToken stop);

    /// <summary>The key of the last row; null where there is none.</summary>
    Task<object?[]?> LastAsync(RecordTable table, CancellationToken stop);

    Task<long> CountAsync(RecordTable table, CancellationToken stop);

    /// <summary>The highest number that was ever given.</summary>
    Task<long> GivenAsync(RecordTable table, CancellationToken stop);

    /// <summary>The revision of what is there; 0 for a store in which nothing was ever written.</summary>
    Task<long> RevisionAsync(CancellationToken stop);
}

/// <summary>The tables of a store that is being filled, and that nobody else can open until it is.</summary>
interface IFilledTables : IRecordTables
{
    /// <summary>Goes on with what a move from there at that revision began, or begins it anew.</summary>
    Task BeginAsync(string source, long revision, CancellationToken stop);

    /// <summary>Adds rows, all or none; the row of <c>store</c> replaces the one that is there.</summary>
    Task AddAsync(RecordTable table, IReadOnlyList<object?[]> rows, CancellationToken stop);

    /// <summary>Gives the store to whoever opens it.</summary>
    /// <param name="given">By table, the highest number that was ever given.</param>
    Task EndAsync(IReadOnlyDictionary<RecordTable, long> given, CancellationToken stop);
}

/// <summary>What a table holds, whatever database holds it.</summary>
readonly record struct TableDigest(long Rows, Digest Content)
{
    internal static async Task<TableDigest> OfAsync(IRecordTables tables, RecordTable table, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = 0L;
        for (object?[]? after = null; ;)
        {
            var page = await tables.PageAsync(table, after, table.Page, stop);
            foreach (var row in page) hash.AppendData(Encoding.UTF8.GetBytes(Written(row)));
            rows += page.Count;
            if (page.Count < table.Page) return new(rows, Digest.FromHash(hash.GetHashAndReset()));
            after = table.KeyOf(page[^1]);
        }
    }

    /// <summary>Each value with its length, so that no two rows are written alike.</summary>
    static string Written(object?[] row)
    {
        var text = new StringBuilder();
        foreach (var value in row)
        {
            var written = value switch
            {
                null => null,
                long number => number.ToString(CultureInfo.InvariantCulture),
                0.0 => "0",         // of either sign: not every database keeps it
                double number => BitConverter.DoubleToInt64Bits(number).ToString("x16", CultureInfo.InvariantCulture),
                byte[] bytes => Convert.ToHexString(bytes),
                string said => Postgres.Connection.Kept(said),          // as a database keeps it that does not take every character
                _ => throw new ArgumentException($"{value.GetType().Name} is no value of a record.", nameof(row)),
            };
            text.Append(written?.Length ?? -1).Append(':').Append(written).Append(';');
        }
        return text.Append('\n').ToString();
    }
}
