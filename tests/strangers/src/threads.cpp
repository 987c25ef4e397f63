// C++ threads: thread, mutex, condition_variable, async, call_once, thread_local, shared_mutex, jthread, exceptions in threads, atomics.
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <latch>
#include <mutex>
#include <numeric>
#include <queue>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

template <typename T> class Channel {
	std::mutex mutex;
	std::condition_variable filled, emptied;
	std::queue<T> items;
	bool closed = false;

public:
	void send(T item)
	{
		std::unique_lock lock(mutex);
		emptied.wait(lock, [&] { return items.size() < 8; });
		items.push(item);
		filled.notify_one();
	}
	bool receive(T &item)
	{
		std::unique_lock lock(mutex);
		filled.wait(lock, [&] { return closed || !items.empty(); });
		if (items.empty())
			return false;
		item = items.front();
		items.pop();
		emptied.notify_one();
		return true;
	}
	void close()
	{
		std::lock_guard lock(mutex);
		closed = true;
		filled.notify_all();
	}
};

static thread_local int mine = 7;
static std::once_flag once;
static std::atomic<int> onces, destroyed;

struct Counted {
	~Counted() { destroyed++; }
};
static thread_local Counted counted;

static void queues()
{
	Channel<long> channel;
	std::atomic<long> sum = 0;
	std::vector<std::thread> producers, consumers;

	for (int t = 0; t < 3; t++)
		consumers.emplace_back([&] { for (long i; channel.receive(i);) sum += i; });
	for (int t = 0; t < 3; t++)
		producers.emplace_back([&, t] { for (long i = 0; i < 1000; i++) channel.send(t * 1000 + i); });
	for (auto &t : producers)
		t.join();
	channel.close();
	for (auto &t : consumers)
		t.join();
	std::cout << "sum " << sum << "\n";
}

static void locals()
{
	std::vector<std::jthread> threads;
	std::latch started(8);

	for (int i = 0; i < 8; i++)
		threads.emplace_back([&, i] {
			(void)&counted;
			std::call_once(once, [] { onces++; });
			mine += i;
			started.arrive_and_wait();
			if (mine != 7 + i)
				std::abort();
		});
	threads.clear();
	std::cout << "mine " << mine << ", once " << onces << ", destroyed " << (destroyed == 8 ? "all" : "not all") << "\n";
}

static void futures()
{
	std::vector<std::future<long>> parts;
	std::promise<int> promise;
	std::future<int> answer = promise.get_future();

	for (long p = 0; p < 6; p++)
		parts.push_back(std::async(std::launch::async, [p] {
			std::vector<long> v(10000);
			std::iota(v.begin(), v.end(), p * 10000);
			return std::accumulate(v.begin(), v.end(), 0L);
		}));
	long sum = 0;
	for (auto &part : parts)
		sum += part.get();
	std::cout << "async " << sum << "\n";
	std::thread([&] {
		try {
			throw std::runtime_error("thrown in a thread");
		} catch (...) {
			promise.set_exception(std::current_exception());
		}
	}).join();
	try {
		answer.get();
	} catch (const std::exception &e) {
		std::cout << "caught: " << e.what() << "\n";
	}
}

static void waits()
{
	using namespace std::chrono_literals;
	std::timed_mutex timed;
	std::condition_variable never;
	std::mutex mutex;
	std::shared_mutex shared;
	std::counting_semaphore<4> semaphore(0);
	long total = 0;
	int phases = 0;

	timed.lock();
	std::thread([&] { std::cout << "timed lock " << timed.try_lock_for(5ms) << "\n"; }).join();
	timed.unlock();
	std::unique_lock lock(mutex);
	std::cout << "timed wait " << (never.wait_for(lock, 5ms) == std::cv_status::timeout) << "\n";
	std::barrier barrier(4, [&]() noexcept { phases++; });
	{
		std::vector<std::jthread> threads;
		for (int t = 0; t < 4; t++)
			threads.emplace_back([&] {
				for (int i = 0; i < 50; i++) {
					barrier.arrive_and_wait();
					std::unique_lock writer(shared);
					total++;
					writer.unlock();
					std::shared_lock reader(shared);
					if (total > 200)
						std::abort();
				}
				semaphore.release();
			});
		for (int t = 0; t < 4; t++)
			semaphore.acquire();
	}
	std::cout << "total " << total << ", phases " << phases << "\n";
	std::atomic<int> flag = 0;
	std::jthread waker([&] { std::this_thread::sleep_for(1ms); flag = 1; flag.notify_all(); });
	flag.wait(0);
	std::jthread stopped([](std::stop_token token) { while (!token.stop_requested()) std::this_thread::yield(); });
	stopped.request_stop();
}

int main()
{
	queues();
	locals();
	futures();
	waits();
	std::cout << "done" << std::endl;
}
