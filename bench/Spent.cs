using System.Diagnostics;

namespace Kumiki.Bench;

/// <summary>What some work took.</summary>
/// <param name="Wall">Seconds on the clock.</param>
/// <param name="Cpu">Seconds of this process's processors; what other programs do at the same time hardly counts.</param>
readonly record struct Spent(double Wall, double Cpu)
{
    public static async Task<(T Result, Spent Spent)> OfAsync<T>(Func<Task<T>> work)
    {
        var (clock, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var result = await work();
        return (result, new(Stopwatch.GetElapsedTime(clock).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds));
    }

    public static async Task<Spent> OfAsync(Func<Task> work) => (await OfAsync(async () =>
    {
        await work();
        return true;
    })).Spent;
}
