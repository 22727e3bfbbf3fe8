using System.Text;

namespace Kumiki.Native.DuckDb;

/// <summary>A prepared statement; bind its <c>$1 …</c>, then run it, again and again.</summary>
public sealed unsafe class DuckDbStatement : IDisposable
{
    readonly DuckDbConnection connection;
    readonly StatementHandle handle;
    readonly string sql;

    internal DuckDbStatement(DuckDbConnection connection, StatementHandle handle, string sql) =>
        (this.connection, this.handle, this.sql) = (connection, handle, sql);

    public DuckDbStatementType Type => DuckDbApi.duckdb_prepared_statement_type(handle);

    public int ParameterCount => (int)DuckDbApi.duckdb_nparams(handle);

    /// <summary>The columns of the result, before it is run.</summary>
    public IReadOnlyList<DuckDbColumn> Columns()
    {
        var columns = new DuckDbColumn[(int)DuckDbApi.duckdb_prepared_statement_column_count(handle)];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = DuckDbApi.duckdb_prepared_statement_column_name(handle, (ulong)i);
            columns[i] = new(DuckDbStatus.Text(name), DuckDbType.Take(DuckDbApi.duckdb_prepared_statement_column_logical_type(handle, (ulong)i)));
            DuckDbApi.duckdb_free(name);
        }
        return columns;
    }

    /// <summary>Binds a parameter.</summary>
    /// <param name="index">From 1.</param>
    /// <param name="value">Null, bool, any integer of 64 bits or fewer, float, double, decimal, string, DateOnly, DateTime (its clock, whatever its kind),
    /// DateTimeOffset (as UTC), TimeSpan (as microseconds), or an enum by name.</param>
    /// <exception cref="ArgumentException">A value of another type.</exception>
    public DuckDbStatement Bind(int index, object? value)
    {
        var at = (ulong)index;
        var state = value switch
        {
            null => DuckDbApi.duckdb_bind_null(handle, at),
            bool b => DuckDbApi.duckdb_bind_boolean(handle, at, b ? (byte)1 : (byte)0),
            sbyte or byte or short or ushort or int or uint or long =>
                DuckDbApi.duckdb_bind_int64(handle, at, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
            ulong u => DuckDbApi.duckdb_bind_uint64(handle, at, u),
            float f => DuckDbApi.duckdb_bind_float(handle, at, f),
            double d => DuckDbApi.duckdb_bind_double(handle, at, d),
            decimal m => DuckDbApi.duckdb_bind_decimal(handle, at, DecimalOf(m)),
            DateOnly date => DuckDbApi.duckdb_bind_date(handle, at, date.DayNumber - DuckDbVector.Epoch.DayNumber),
            DateTime time => DuckDbApi.duckdb_bind_timestamp(handle, at, (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
            DateTimeOffset instant =>
                DuckDbApi.duckdb_bind_timestamp(handle, at, (instant.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
            TimeSpan span => DuckDbApi.duckdb_bind_int64(handle, at, span.Ticks / TimeSpan.TicksPerMicrosecond),
            string text => BindText(at, text),
            Enum name => BindText(at, name.ToString()),
            _ => throw new ArgumentException($"A {value.GetType().Name} cannot be bound.", nameof(value)),
        };
        DuckDbStatus.Check(state, $"bind value {index} of {DuckDbConnection.Shown(sql)}", DuckDbApi.duckdb_prepare_error(handle));
        return this;
    }

    DuckDbState BindText(ulong index, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + '\0');
        fixed (byte* start = bytes) return DuckDbApi.duckdb_bind_varchar_length(handle, index, start, (ulong)bytes.Length - 1);
    }

    static DuckDbApi.DecimalValue DecimalOf(decimal value)
    {
        var digits = new Int128(0, 0);
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        digits = ((Int128)(uint)parts[2] << 64) | ((Int128)(uint)parts[1] << 32) | (uint)parts[0];
        if (value < 0) digits = -digits;
        var scale = (byte)((parts[3] >> 16) & 0xFF);
        return new() { Width = 38, Scale = scale, Lower = (ulong)digits, Upper = (long)(digits >> 64) };
    }

    /// <summary>Runs it and keeps all rows in memory: for small results and for statements without rows.</summary>
    /// <exception cref="DuckDbException">It failed; the library's message is kept.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; DuckDB was interrupted.</exception>
    public DuckDbRows Execute(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var result = new ResultHandle();
        try
        {
            using var stop = new InterruptOnCancel(connection, cancellation);
            DuckDbStatus.Check(DuckDbApi.duckdb_execute_prepared(handle, result.Data), $"run {DuckDbConnection.Shown(sql)}", result, cancellation);
            return new(connection, result, sql, cancellation);
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Runs it chunk by chunk as they are read: for results larger than memory. The connection is taken until the rows are disposed.</summary>
    public DuckDbRows Stream(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        nint pending = 0;
        var result = new ResultHandle();
        try
        {
            using var stop = new InterruptOnCancel(connection, cancellation);
            var state = DuckDbApi.duckdb_pending_prepared_streaming(handle, &pending);
            DuckDbStatus.Check(state, $"run {DuckDbConnection.Shown(sql)}", pending == 0 ? null : DuckDbApi.duckdb_pending_error(pending));
            DuckDbStatus.Check(DuckDbApi.duckdb_execute_pending(pending, result.Data), $"run {DuckDbConnection.Shown(sql)}", result, cancellation);
            return new(connection, result, sql, cancellation);
        }
        catch
        {
            result.Dispose();
            throw;
        }
        finally
        {
            DuckDbApi.duckdb_destroy_pending(&pending);
        }
    }

    public void Dispose() => handle.Dispose();
}

/// <summary>Interrupts a connection when a token is cancelled, again every 20 ms: an interrupt that arrives just before a statement starts is forgotten by
/// DuckDB.</summary>
internal sealed class InterruptOnCancel : IDisposable
{
    readonly CancellationTokenRegistration registration;
    readonly Lock gate = new();
    Timer? again;
    bool over;

    internal InterruptOnCancel(DuckDbConnection connection, CancellationToken cancellation)
    {
        if (!cancellation.CanBeCanceled) return;
        registration = cancellation.Register(() =>
        {
            lock (gate)
            {
                if (over) return;
                again = new Timer(_ =>
                {
                    lock (gate)
                        if (!over) DuckDbApi.duckdb_interrupt(connection.Handle);
                }, null, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
            }
        });
    }

    public void Dispose()
    {
        lock (gate) over = true;
        registration.Dispose();
        again?.Dispose();
    }
}
