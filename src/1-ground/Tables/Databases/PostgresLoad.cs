using System.Security.Cryptography;
using System.Text;
using Kumiki.Native;
using Kumiki.Native.DuckDb;
using Npgsql;

namespace Kumiki.Tables;

/// <summary>Rows of a PostgreSQL database, streamed by COPY within one read-only transaction and checked value by value.</summary>
/// <remarks>
/// The server writes every value as text in one form (ISO dates, UTC, shortest exact doubles, days and clocks for intervals), which is read as CSV is: numbers stay exact
/// whatever their size, and NaN, infinity and overflow set the row aside.
/// </remarks>
static class PostgresLoad
{
    const string Settings = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
        + "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'";

    internal static async Task<IReadOnlyList<SourceRead>?> StatesAsync(PostgresSource source, CancellationToken stop)
    {
        if (source.ChangeToken is not { } token) return null;
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString(source));
            await connection.OpenAsync(stop);
            await using var transaction = await connection.BeginTransactionAsync(stop);
            await using var command = new NpgsqlCommand($"SET TRANSACTION READ ONLY; {Settings}; {token}", connection, transaction)
            {
                AllResultTypesAreUnknown = true,
            };
            return [new(Name(source), 0, 0, OfToken((await command.ExecuteScalarAsync(stop))?.ToString()))];
        }
        catch (NpgsqlException e)
        {
            throw Failed(source, token, e);
        }
    }

    static Digest OfToken(string? value) => Digest.OfParts(["change token", value ?? ""]);

    internal static LoadResult Run(Loading loading, PostgresSource source)
    {
        try
        {
            using var connection = new NpgsqlConnection(ConnectionString(source));
            connection.Open();
            var server = connection.ProcessID;
            using var stop = loading.Cancellation.Register(() => Cancel(source, server));
            using var transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
            Execute(connection, $"SET TRANSACTION READ ONLY; {Settings}");
            var token = source.ChangeToken is null ? null : Text(connection, source.ChangeToken);

            var (sql, fields) = Select(loading, source, connection);
            var name = Name(source);
            var table = new TextFile(name, name, 0, 1, ColumnMap.Of(name, fields, loading.Schema, loading.Notes)) { Fields = fields };
            using var rows = connection.BeginTextExport($"COPY ({sql}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')");
            using var parts = new Parts(table, rows);
            TextLoad.Read(loading, parts, cancellation => RowReader.Of(loading.Schema, cancellation), long.MaxValue);
            var content = source.ChangeToken is null ? parts.Content : OfToken(token);
            return loading.Finish([new(name, parts.Bytes, 0, content)], () => Message.Of("tables.no-rows", ("file", name), ("count", 1)));
        }
        catch (NpgsqlException e)
        {
            loading.Cancellation.ThrowIfCancellationRequested();
            throw Failed(source, source.Rows, e);
        }
    }

    // The driver waits in a read, which only the server can end; it is asked over a connection of its own.
    static void Cancel(PostgresSource source, int process)
    {
        try
        {
            using var connection = new NpgsqlConnection(ConnectionString(source));
            connection.Open();
            Execute(connection, $"SELECT pg_cancel_backend({process})");
        }
        catch (NpgsqlException)
        {
            // It cannot be asked: then the read ends with its query, and is given up there.
        }
    }

    /// <summary>What is read, without any secret: the variable, and the table or a digest of the query.</summary>
    static string Name(PostgresSource source) =>
        $"postgres:{source.Variable}/{(TableName.IsQuery(source.Rows) ? $"query-{Digest.OfParts([source.Rows]).Short}" : source.Rows)}";

    // What the server or driver says names neither password nor connection string.
    static KumikiException Failed(PostgresSource source, string sql, NpgsqlException e) =>
        e is PostgresException { SqlState: not ("28P01" or "28000" or "3D000") } refused
        ? new(Message.Of("tables.postgres-failed", ("variable", source.Variable), ("reason", refused.MessageText), ("sql", DuckDbConnection.Shown(sql))), e)
        : new(Message.Of("tables.postgres-unreachable", ("variable", source.Variable),
            ("reason", (e as PostgresException)?.MessageText ?? e.InnerException?.Message ?? e.Message)), e);

    static string ConnectionString(PostgresSource source)
    {
        if (Environment.GetEnvironmentVariable(source.Variable) is not { Length: > 0 } told)
            throw new KumikiException(Message.Of("tables.postgres-variable", ("variable", source.Variable)));
        try
        {
            var settings = told.StartsWith("postgres://", StringComparison.Ordinal) || told.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUri(new Uri(told)) : new NpgsqlConnectionStringBuilder(told);
            settings.Pooling = false;
            settings.CommandTimeout = 0;
            settings.ApplicationName ??= "kumiki";
            return settings.ToString();
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException or FormatException)
        {
            // The exception's own words may quote the secret: it is not kept.
            throw new KumikiException(Message.Of("tables.postgres-connection", ("variable", source.Variable)));
        }
    }

    static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = Uri.UnescapeDataString(uri.Host),
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')),
        };
        if (uri.Port > 0) settings.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) settings.Password = Uri.UnescapeDataString(user[1]);
        foreach (var setting in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = setting.Split('=', 2);
            var value = Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : "");
            // "verify-full" is VerifyFull here.
            if (pair[0] == "sslmode") settings["SSL Mode"] = value.Replace("-", "", StringComparison.Ordinal);
            else settings[pair[0]] = value;
        }
        return settings;
    }

    static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    static string? Text(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        return command.ExecuteScalar()?.ToString();
    }

    static List<string> Texts(NpgsqlConnection connection, string sql, string argument)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(argument);
        using var rows = command.ExecuteReader();
        var texts = new List<string>();
        while (rows.Read()) texts.Add(rows.GetString(0));
        return texts;
    }

    static (string Sql, List<string> Fields) Select(Loading loading, PostgresSource source, NpgsqlConnection connection)
    {
        var isQuery = TableName.IsQuery(source.Rows);
        var from = isQuery ? $"({TableName.WithoutEnd(source.Rows)}) AS q" : TableName.Quoted(source.Rows);
        List<string> fields;
        using (var command = new NpgsqlCommand($"SELECT * FROM {from} LIMIT 0", connection))
        using (var rows = command.ExecuteReader())
            fields = [.. Enumerable.Range(0, rows.FieldCount).Select(rows.GetName)];

        var order = "";
        if (isQuery)
        {
            if (!TableName.IsOrdered(source.Rows)) loading.Notes.Add(Message.Of("tables.rows-unordered", ("rows", DuckDbConnection.Shown(source.Rows))));
            return (TableName.WithoutEnd(source.Rows), fields);
        }
        var key = Texts(connection, """
            SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
            WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)
            """, TableName.Quoted(source.Rows));
        if (key.Count > 0) order = $" ORDER BY {string.Join(", ", key.Select(SqlText.Name))}";
        else loading.Notes.Add(Message.Of("tables.rows-unordered", ("rows", source.Rows)));
        return ($"SELECT * FROM {from}{order}", fields);
    }

    sealed class Parts(TextFile table, TextReader rows) : TextParts
    {
        readonly Lock gate = new();
        readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        readonly char[] chars = new char[1 << 15];
        byte[] rest = new byte[1 << 17];
        int restLength;
        int number;
        long row = 1;
        bool ended;

        internal override IReadOnlyList<SourceRead> Reads => [];

        internal override double? Share => null;

        internal long Bytes { get; private set; }

        internal Digest Content => Digest.FromHash(hash.GetCurrentHash());

        internal override TextPart? Next(NativeBuffer buffer)
        {
            lock (gate)
            {
                // 1 what the part before left over, 2 text until the buffer is full, 3 back to the end of the last whole record
                if (restLength > buffer.Length) throw TooLong(buffer.Length);
                rest.AsSpan(0, restLength).CopyTo(buffer.Span);
                var used = restLength;
                restLength = 0;
                var utf8 = Encoding.UTF8.GetMaxByteCount(chars.Length);
                while (!ended && buffer.Length - used >= utf8)
                {
                    var got = 0;
                    try
                    {
                        got = rows.Read(chars);
                    }
                    finally
                    {
                        // After a failure there is nothing more to read, for no one.
                        ended = got == 0;
                    }
                    if (ended) break;
                    used += Encoding.UTF8.GetBytes(chars.AsSpan(0, got), buffer.Span[used..]);
                }
                if (used == 0) return null;
                var whole = ended ? used : RowReader.Grammar.LastRecordEnd(buffer.Span[..used]);
                if (whole == 0) throw TooLong(buffer.Length);
                restLength = used - whole;
                if (rest.Length < restLength) rest = new byte[restLength * 2];
                buffer.Span[whole..used].CopyTo(rest);

                var text = buffer.Span[..whole];
                hash.AppendData(text);
                Bytes += whole;
                var part = new TextPart(number++, [new(table, 0, whole, row, 0)], []);
                row += Records(text);
                return part;
            }
        }

        KumikiException TooLong(int most) => new(Message.Of("tables.row-long", ("file", table.Path), ("row", row), ("most", most)));

        // PostgreSQL writes whole CSV: a line feed ends a record where the quotes before it are even.
        static long Records(ReadOnlySpan<byte> text)
        {
            long records = 0;
            for (var outside = true; ; outside = !outside)
            {
                var quote = text.IndexOf(CsvText.Quote);
                if (outside) records += (quote < 0 ? text : text[..quote]).Count((byte)'\n');
                if (quote < 0) return records;
                text = text[(quote + 1)..];
            }
        }

        public override void Dispose() => hash.Dispose();
    }
}
