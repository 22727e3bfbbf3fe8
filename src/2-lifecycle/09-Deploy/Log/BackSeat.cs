using System.Runtime.ExceptionServices;
using Kumiki.Store;

namespace Kumiki.Predictions;

/// <summary>Runs work on a thread that gives way to all others of the machine.</summary>
static class BackSeat
{
    /// <param name="work">Allocates little: a collection that it sets off runs on its thread, and all others would wait for that. It queues nothing to the
    /// thread pool, whose threads would inherit its rank.</param>
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(() =>
    {
        T result = default!;
        ExceptionDispatchInfo? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                Posix.GiveWay();
                result = work();
            }
            catch (Exception e)
            {
                failed = ExceptionDispatchInfo.Capture(e);      // thrown below, to whoever waits
            }
        })
        { IsBackground = true, Name = "back seat" };
        thread.Start();
        // Waited for here and not by whoever asked: what goes on after the work must not be begun by that thread.
        thread.Join();
        failed?.Throw();
        return result;
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
