using Microsoft.AspNetCore.Connections;

namespace Kumiki.Hosting;

/// <summary>Counts the connections that are open.</summary>
sealed class Connections(int most)
{
    int now;

    public int Now => Volatile.Read(ref now);
    public int Most => most;

    public ConnectionDelegate Of(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref now);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref now);
        }
    };
}
